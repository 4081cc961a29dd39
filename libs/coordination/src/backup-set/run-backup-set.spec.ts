import { beforeEach, describe, expect, it } from '@jest/globals';
import type { DocumentRow } from '@lifeboat/dxp';
import { LifeboatError } from '@lifeboat/kernel';
import { MAX_PINS } from '@lifeboat/model';

import { FakeCluster } from '../testing/fake-cluster.ts';
import { adoptCommitted } from './adopt-committed.ts';
import { runBackupSet } from './run-backup-set.ts';

let world: FakeCluster;

beforeEach(() => {
  world = new FakeCluster();
  write('101', 5);
  write('102', 6);
});

function row(name: string, size: number): DocumentRow {
  return {
    companyId: '1',
    groupId: '2',
    folderId: '3',
    repositoryId: '2',
    name,
    version: '1.0',
    storeUUID: '',
    size,
    title: name,
    status: 0,
    ctCollectionId: '0',
  };
}

/** A user adds a document: the file first, then the row. */
function write(name: string, size: number): void {
  world.store.set(`1/3/${name}/1.0`, size);
  world.rows.push(row(name, size));
}

/** A user deletes one: the row first, then the file. */
function remove(name: string): void {
  world.rows = world.rows.filter((one) => one.name !== name);
  world.store.delete(`1/3/${name}/1.0`);
}

function take(signal = new AbortController().signal) {
  return runBackupSet(world.services, world.cluster, world.set, signal);
}

/** The store's files as the set will bring them back. */
function storeOfSet(): string[] {
  const capture = world.sealed[0]?.captures.find(({ kind }) => kind === 'document-store');
  return world.filesOf(capture?.root ?? '').map((path) => path.split('/')[2]!);
}

function orderOf(...steps: string[]): number[] {
  return steps.map((step) => world.said.lastIndexOf(step));
}

const DISK_FULL = new LifeboatError('VAULT_FULL', 'no space', { guidance: 'Make room.' });

function failAt(step: string, error: Error = DISK_FULL): void {
  world.on = (said) => {
    if (said === step) throw error;
  };
}

describe('a backup set', () => {
  it('arms every agent, goes round once, pins, dumps, and only then closes and seals', async () => {
    expect(await take()).toBe('proved');
    const order = orderOf(
      'b armHold document-store',
      'a captureTree document-store',
      'pin',
      'a captureHeld document-store',
      'dump',
      'a captureTree liferay-home',
      'packs closed',
      'closure checked',
      'document put',
      'catalog sealed',
      'proved',
    );
    expect(order).toEqual([...order].sort((a, b) => a - b));
    expect(order).not.toContain(-1);
    expect(world.owed).toEqual(new Set());
  });

  it('keeps the proof of earlier sets waiting while its fence is open, and no longer', async () => {
    expect(await take()).toBe('proved');
    const order = orderOf(
      'proof pauses',
      'b armHold document-store',
      'dump',
      'proof goes on',
      'b releaseHold document-store',
      'a captureTree liferay-home',
    );
    expect(order).toEqual([...order].sort((a, b) => a - b));
    expect(order).not.toContain(-1);
  });

  it('is consistent and holds exactly the documents of its rows', async () => {
    world.store.set('1/3/999/1.0', 9);
    await take();
    expect(storeOfSet()).toEqual(['101', '102']);
    expect(world.sealed[0]?.statement).toMatchObject({ guarantee: 'consistent', point: { pins: 1 } });
  });

  it('holds a document that was added between the round and the pin', async () => {
    world.on = (step) => {
      if (step === 'pin') write('200', 7);
    };
    expect(await take()).toBe('proved');
    expect(storeOfSet()).toEqual(['101', '102', '200']);
  });

  it('holds a document that came after the round and was deleted after the pin, from the hold', async () => {
    world.on = (step) => {
      if (step === 'pin') {
        write('200', 7);
        world.held.set('1/3/200/1.0', 7);
      } else if (step === 'a captureHeld document-store') {
        world.store.delete('1/3/200/1.0');
      }
    };
    expect(await take()).toBe('proved');
    expect(storeOfSet()).toContain('200');
    expect(world.sealed[0]?.statement).toMatchObject({ guarantee: 'consistent', point: { pins: 1 } });
  });

  it('pins again when a document was gone a moment later, and does not call that a loss', async () => {
    world.on = (step) => {
      if (step === 'pin' && !world.said.includes('a captureHeld document-store')) {
        world.rows.push(row('300', 8));
      } else if (step === 'a captureHeld document-store') {
        remove('300');
      }
    };
    expect(await take()).toBe('proved');
    expect(world.said.filter((step) => step === 'pin')).toHaveLength(2);
    expect(world.sealed[0]?.statement).toMatchObject({ guarantee: 'consistent', point: { pins: 2 } });
  });

  it('pins again under the same holds and round, with all that was seen since as evidence (S8, S9)', async () => {
    let pins = 0;
    world.on = (step) => {
      if (step !== 'pin') return;
      pins += 1;
      if (pins === 1) {
        write('200', 7);
        world.rows.push(row('300', 8));
      } else {
        world.rows = world.rows.filter(({ name }) => name !== '300');
        // Its row is still there: its bytes are those that were looked up at the first pin.
        world.store.delete('1/3/200/1.0');
      }
    };
    expect(await take()).toBe('proved');
    expect(storeOfSet()).toEqual(['101', '102', '200']);
    expect(world.sealed[0]?.statement).toMatchObject({ guarantee: 'consistent', point: { pins: 2 } });
    expect(world.said.filter((step) => step === 'b armHold document-store')).toHaveLength(1);
  });

  it('pins again for a working copy that is gone without reading all rows, and does not call it a loss', async () => {
    const copy = { ...row('400', 9), version: 'PWC', storeUUID: 'u' };
    let pins = 0;
    world.on = (step) => {
      if (step !== 'pin') return;
      pins += 1;
      world.rows = world.rows.filter(({ version }) => version !== 'PWC');
      if (pins === 1) world.rows.push(copy);
    };
    expect(await take()).toBe('proved');
    expect(world.said.filter((step) => step === 'a captureHeld document-store')).toHaveLength(1);
    expect(world.sealed[0]?.statement).toMatchObject({ guarantee: 'consistent', point: { pins: 2 } });
  });

  it('looks at all rows inside a dump that opens its own snapshot, before it goes on', async () => {
    world.pinIsSnapshot = false;
    world.on = (step) => {
      if (step === 'dump') write('200', 7);
    };
    expect(await take()).toBe('proved');
    expect(storeOfSet()).toEqual(['101', '102', '200']);
    const order = orderOf(
      'pin',
      'dump',
      'a captureHeld document-store',
      'a lookUpPaths document-store',
      'dump goes on',
      'b releaseHold document-store',
    );
    expect(order).toEqual([...order].sort((a, b) => a - b));
    expect(order).not.toContain(-1);
    expect(world.said.filter((step) => step === 'a captureHeld document-store')).toHaveLength(1);
  });

  it('begins another dump when a document was gone a moment after the first', async () => {
    world.pinIsSnapshot = false;
    world.on = (step) => {
      if (step === 'dump' && world.said.indexOf('dump') === world.said.length - 1)
        world.rows.push(row('300', 8));
      if (step === 'a captureHeld document-store') remove('300');
    };
    expect(await take()).toBe('proved');
    expect(world.said.filter((step) => step === 'dump')).toHaveLength(2);
    expect(world.said.filter((step) => step === 'dump goes on')).toHaveLength(1);
    expect(world.sealed[0]?.statement).toMatchObject({ guarantee: 'consistent', point: { pins: 2 } });
  });

  it('calls a document that two pins miss a loss, and is made all the same', async () => {
    world.rows.push(row('666', 1));
    expect(await take()).toBe('proved');
    const { guarantee, documents, point } = world.sealed[0]!.statement;
    expect({ guarantee, missing: documents?.missing.map(({ name }) => name), pins: point?.pins }).toEqual({
      guarantee: 'incomplete',
      missing: ['666'],
      pins: 2,
    });
  });

  it('dumps again when the structure of the database was changed meanwhile', async () => {
    let changes = 1;
    world.structureChanges = () => changes-- > 0;
    expect(await take()).toBe('proved');
    expect(world.said.filter((step) => step === 'dump')).toHaveLength(2);
    expect(world.sealed[0]?.statement).toMatchObject({ guarantee: 'consistent', point: { pins: 2 } });
  });

  it('takes no more than three dumps of a database whose structure changes all the time, and says so', async () => {
    world.structureChanges = () => true;
    expect(await take()).toBe('proved');
    expect(world.said.filter((step) => step === 'dump')).toHaveLength(3);
    expect(world.sealed.at(-1)?.statement).toMatchObject({
      guarantee: 'incomplete',
      database: { ddlDuringDump: true },
    });
  });

  it('never pins more than MAX_PINS times (S4)', async () => {
    let next = 1000;
    world.on = (step) => {
      if (step === 'pin') world.rows = [row(String((next += 1)), 1)];
    };
    expect(await take()).toBe('proved');
    expect(world.said.filter((step) => step === 'pin').length).toBeLessThanOrEqual(MAX_PINS);
  });

  it.each([
    'a inspectNode',
    'probe',
    'b captureTree liferay-home',
    'b armHold document-store',
    'a captureTree document-store',
    'pin',
    'a captureHeld document-store',
    'dump',
    'packs closed',
    'closure checked',
    'document put',
  ])('fails owing nothing, with the reason and no document, when %s goes wrong (S2, S3)', async (step) => {
    failAt(step);
    expect(await take()).toBe('failed');
    expect(world.owed).toEqual(new Set());
    expect(world.documents.size).toBe(0);
    expect(world.patch['failure']).toMatchObject({ code: 'VAULT_FULL', guidance: 'Make room.' });
  });

  it('ends as cancelled, owing nothing, when it is cancelled on its way', async () => {
    const abort = new AbortController();
    world.on = (step) => {
      if (step === 'pin') abort.abort();
    };
    expect(await take(abort.signal)).toBe('cancelled');
    expect(world.owed).toEqual(new Set());
    expect(world.said).not.toContain('document put');
  });

  it('gives back everything else when an agent cannot be told to release its hold', async () => {
    world.on = (step) => {
      if (step === 'dump' || step === 'b releaseHold document-store') throw DISK_FULL;
    };
    expect(await take()).toBe('failed');
    expect(world.owed).toEqual(new Set(['hold b']));
  });

  it('names the newest key epoch (S10)', async () => {
    expect(await take()).toBe('proved');
    expect([...world.documents.values()].map(({ keyEpoch }) => keyEpoch)).toEqual([3]);
  });

  it('is sealed when its document is in the vault, even if the answer was lost (S6)', async () => {
    let lost = false;
    world.on = (step) => {
      if (step === 'document is put' && !lost) {
        lost = true;
        throw new LifeboatError('UNREACHABLE', 'the answer was lost');
      }
    };
    expect(await take()).toBe('proved');
    expect(world.sealed.map(({ set }) => set)).toEqual(['set-1']);
  });

  it('is sealed when the catalog was away just after the commit (S6)', async () => {
    let away = 2;
    world.on = (step) => {
      if (step === 'catalog sealed' && (away -= 1) >= 0)
        throw new LifeboatError('UNREACHABLE', 'catalog away');
    };
    expect(await take()).toBe('proved');
    expect(world.sealed.map(({ set }) => set)).toEqual(['set-1']);
  });
});

describe('adoptCommitted', () => {
  it('seals a set whose server died between the commit and the catalog, and no other', async () => {
    world.documents.set('sets/c/1-set-1', { set: 'set-1', sequence: 1 } as never);
    const cluster = world.cluster.id;
    expect(await adoptCommitted(world.services, { id: world.set.id, cluster })).toBe(true);
    expect(world.state).toBe('sealed');
    const other = 'set-2' as typeof world.set.id;
    expect(await adoptCommitted(world.services, { id: other, cluster })).toBe(false);
    expect(world.sealed).toHaveLength(1);
  });
});
