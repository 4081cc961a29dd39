import { describe, expect, it } from '@jest/globals';
import type { NodeRow } from '@lifeboat/catalog';
import { clusterOfSetBlob, sequenceOfSetBlob, setBlob, setOfSetBlob } from './layout.ts';
import { nodeRecordOf } from './maintenance/reindex.ts';

const CLUSTER = 'c0ffee00-0000-4000-8000-000000000001';
const SET = 'c0ffee00-0000-4000-8000-000000000002';

describe('the name of a set document', () => {
  it('tells cluster, sequence and set', () => {
    const blob = setBlob(CLUSTER, 12, SET);
    expect([clusterOfSetBlob(blob), sequenceOfSetBlob(blob), setOfSetBlob(blob)]).toEqual([CLUSTER, 12, SET]);
  });

  it('that is none tells nothing', () => {
    for (const blob of ['sets/', `sets/${CLUSTER}/12`, 'packs/aa'])
      expect([clusterOfSetBlob(blob), sequenceOfSetBlob(blob), setOfSetBlob(blob)]).toEqual([
        undefined,
        undefined,
        undefined,
      ]);
  });
});

describe('the record of a node', () => {
  const row = {
    id: SET,
    cluster: CLUSTER,
    name: 'node-1',
    state: 'joined',
    serial: 'ab',
    machineId: null,
    certificateNotAfter: new Date(0),
  } as unknown as NodeRow;

  it('says whether it was revoked', () => {
    expect(nodeRecordOf(row)).toMatchObject({ serial: 'ab', revoked: false });
    expect(nodeRecordOf({ ...row, state: 'revoked' })).toMatchObject({ revoked: true });
  });

  it.each<[string, Partial<NodeRow>]>([
    ['serial', { serial: null }],
    ['end of its certificate', { certificateNotAfter: null }],
  ])('is not made of one that has no %s: it has not joined', (_, without) => {
    expect(() => nodeRecordOf({ ...row, ...without })).toThrow('the node has joined');
  });
});
