import { describe, expect, it } from '@jest/globals';
import type { ManifestEntry } from '@lifeboat/vault-format';
import fc from 'fast-check';

import { WaitingEntries, type Slot } from './waiting-entries.ts';

function entryAt(index: number): ManifestEntry {
  const path = Buffer.from(`f${String(index).padStart(6, '0')}`);
  const times = { mtimeNs: 1n, ctimeNs: 2n, inode: BigInt(index) };
  return { path, type: 'file', mode: 0o644, uid: 1, gid: 1, ...times, size: 0, content: [] };
}

function slotAt(index: number): Slot {
  const planned = { entry: entryAt(index), location: '/f', read: true, expectedBytes: 0 };
  return { planned, state: 'waiting' };
}

const FATES = ['encoded', 'ready', 'dropped'] as const;

describe('waiting entries', () => {
  it('come out in order, each once, as soon as nothing before them waits, whatever settles first', () => {
    fc.assert(
      fc.property(
        fc.array(fc.constantFrom(...FATES), { minLength: 1, maxLength: 60 }),
        fc.infiniteStream(fc.nat()),
        (fates, random) => {
          const waiting = new WaitingEntries();
          const unsettled: { slot: Slot; fate: 'ready' | 'dropped' }[] = [];
          for (const [index, fate] of fates.entries()) {
            if (fate === 'encoded') {
              waiting.addEncoded(entryAt(index));
              continue;
            }
            const slot = slotAt(index);
            waiting.addSlot(slot);
            unsettled.push({ slot, fate });
          }
          const out: bigint[] = [];
          const handOn = () =>
            waiting.handOn(
              ({ state }) => state !== 'waiting',
              ({ inode }) => out.push(inode),
            );
          handOn();
          while (unsettled.length > 0) {
            const [next] = unsettled.splice(random.next().value % unsettled.length, 1);
            next!.slot.state = next!.fate;
            handOn();
            const first = unsettled
              .map(({ slot }) => Number(slot.planned.entry.inode))
              .sort((a, b) => a - b)[0];
            const upTo = first ?? fates.length;
            const settled = fates
              .slice(0, upTo)
              .flatMap((fate, at) => (fate === 'dropped' ? [] : [BigInt(at)]));
            expect(out).toEqual(settled);
          }
          expect(waiting.isEmpty).toBe(true);
          expect(waiting.slots + waiting.encoded).toBe(0);
        },
      ),
    );
  });

  it('keeps every field of an entry that waits encoded', () => {
    const waiting = new WaitingEntries();
    const slot = slotAt(0);
    waiting.addSlot(slot);
    const entry: ManifestEntry = {
      ...entryAt(1),
      user: 'liferay',
      linkGroup: 7n,
      size: 9,
      content: [{ hole: 4 }, { chunk: Buffer.alloc(33, 1), length: 5 }],
      xattrs: [{ name: Buffer.from('user.a'), value: Buffer.from('b') }],
    };
    waiting.addEncoded(entry);
    slot.state = 'dropped';
    const out: ManifestEntry[] = [];
    waiting.handOn(
      () => true,
      (one) => out.push(one),
    );
    expect(out).toEqual([entry]);
  });
});
