import type { SetDocument } from '@lifeboat/model';
import { randomUUID } from 'node:crypto';
import type { TestVault } from './test-vaults.ts';

/** A set document of one tree. */
export function setDocument(
  test: TestVault,
  sequence: number,
  previous: string | null,
  root: Buffer,
): SetDocument {
  const set = randomUUID();
  const now = new Date(0).toISOString();
  return {
    version: 1,
    requires: [],
    uses: [],
    set,
    cluster: { id: test.cluster, name: 'portal' },
    sequence,
    previous,
    keyEpoch: test.parts.keyRing.epoch,
    requestedAt: now,
    requestedBy: 'admin',
    sealedAt: now,
    figures: { bytes: { read: 2, changed: 2, wire: 2, stored: 2 }, millis: 1 },
    captures: [
      {
        node: 'node-1',
        tree: 'home',
        kind: 'path',
        path: '/srv',
        excludes: [],
        root: root.toString('hex'),
        entries: 2,
        bytes: 2,
        cleared: [],
      },
    ],
    database: null,
    statement: {
      set,
      point: null,
      fence: null,
      guarantee: 'consistent',
      nodes: [],
      absentNodes: [],
      documents: null,
      database: null,
      searchIndex: {},
      warnings: [],
    },
    definition: { cluster: 'portal', nodes: { 'node-1': {} }, sources: [] },
  };
}
