import { beforeEach, describe, expect, it } from '@jest/globals';
import { MemoryBlobStore, type BlobStore } from '@lifeboat/blob-store';
import type { VaultParts } from '../../parts.ts';
import { putControl, readControl } from '../../records/control-records.ts';
import { memoryParts } from '../../testing/index.ts';
import { mendRecords } from './mend-records.ts';

const RECORD = { id: 'c', definition: { nodes: {} } };
const BLOB = 'control/clusters/c-0000000001';

let parts: VaultParts;
let replica: BlobStore;
let whole: Buffer;
/** The bytes that are damaged. */
let rest: Buffer;
let known: typeof RECORD | undefined;

/** The latest version of a record is damaged; the replica does not have it. */
beforeEach(async () => {
  known = RECORD;
  replica = new MemoryBlobStore();
  parts = await memoryParts(
    { clusters: { byId: async () => known } },
    { replica: { store: replica, location: 'elsewhere' } },
  );
  await putControl(parts, 'clusters/c', RECORD);
  whole = await parts.store.get(BLOB);
  rest = whole.subarray(0, 40);
  await parts.store.delete(BLOB);
  await parts.store.put(BLOB, rest);
});

describe('a damaged record', () => {
  it('gets the same bytes from the replica, and what was there is kept', async () => {
    await replica.put(BLOB, whole);
    const quarantined: string[] = [];
    const items = await mendRecords(parts, { dryRun: false, quarantined });
    expect(items).toMatchObject([
      { subject: BLOB, outcome: 'replaced', detail: 'the same bytes, from the replica' },
    ]);
    expect(await parts.store.get(BLOB)).toEqual(whole);
    expect(quarantined).toEqual([`quarantine/${BLOB}`]);
    expect(await parts.store.get(quarantined[0]!)).toEqual(rest);
  });

  it('stays as it is in a dry run, which tells the same', async () => {
    await replica.put(BLOB, whole);
    const quarantined: string[] = [];
    const items = await mendRecords(parts, { dryRun: true, quarantined });
    expect(items).toEqual(await mendRecords(parts, { dryRun: true, quarantined }));
    expect(quarantined).toEqual([]);
    expect(await parts.store.get(BLOB)).toEqual(rest);
    expect(items).toEqual(await mendRecords(parts, { dryRun: false, quarantined }));
  });

  it.each<[what: string, copy: () => Buffer | undefined]>([
    ['has none', () => undefined],
    ['has a damaged one', () => rest],
  ])('is written again from the catalog when the replica %s', async (_, copy) => {
    const bytes = copy();
    if (bytes !== undefined) await replica.put(BLOB, bytes);
    const items = await mendRecords(parts, { dryRun: false, quarantined: [] });
    expect(items).toMatchObject([{ outcome: 'replaced', detail: 'written again from the catalog' }]);
    expect(await readControl(parts, BLOB)).toEqual(RECORD);
  });

  it('stays where it is when nobody knows what it said', async () => {
    known = undefined;
    const quarantined: string[] = [];
    const items = await mendRecords(parts, { dryRun: false, quarantined });
    expect(items).toMatchObject([{ subject: BLOB, outcome: 'left' }]);
    expect(await parts.store.get(BLOB)).toEqual(rest);
    expect(quarantined).toEqual([]);
  });
});
