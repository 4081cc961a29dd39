import { describe, expect, it } from '@jest/globals';
import type { Catalog } from '@lifeboat/catalog';
import type { CatalogAnswers } from '../../testing/index.ts';
import { currentRecord } from './current-record.ts';

const NODE = {
  id: 'n',
  cluster: 'second',
  name: 'node-1',
  state: 'revoked',
  serial: '01',
  machineId: null,
  certificateNotAfter: new Date(0),
};
const DECISION = { plan: 'a plan', signature: 'signed' };
const DELETION = { set: 's' };

const answers: CatalogAnswers = {
  clusters: {
    byId: async (id: string) => (id === 'c' ? { id, name: 'portal', definition: { nodes: {} } } : undefined),
    list: async () => [{ id: 'first' }, { id: 'second' }],
  },
  nodes: {
    byId: async (cluster: string, id: string) =>
      cluster === NODE.cluster && id === NODE.id ? NODE : undefined,
  },
  sets: { deletion: async (id: string) => (id === DELETION.set ? DELETION : undefined) },
  restores: {
    get: async (id: string) =>
      ({ decided: { decision: DECISION }, open: { decision: null } })[id as 'decided' | 'open'],
  },
};
const catalog = answers as unknown as Catalog;

describe('what a control record has to say', () => {
  it.each<[what: string, name: string, plain: unknown]>([
    ['a cluster', 'clusters/c', { id: 'c', definition: { nodes: {} } }],
    [
      'a node, of whichever cluster',
      'nodes/n',
      {
        id: 'n',
        cluster: 'second',
        name: 'node-1',
        serial: '01',
        machineId: null,
        notAfter: new Date(0).toISOString(),
        revoked: true,
      },
    ],
    ['a deleted set', 'deletions/s', DELETION],
    ['a decided restore', 'decisions/decided', DECISION],
  ])('is what the catalog knows of %s', async (_, name, plain) => {
    expect(await currentRecord(catalog, name)).toEqual(plain);
  });

  it.each<[what: string, name: string]>([
    ['an unknown cluster', 'clusters/x'],
    ['an unknown node', 'nodes/x'],
    ['a set that was not deleted', 'deletions/x'],
    ['a restore that is not decided', 'decisions/open'],
    ['an unknown restore', 'decisions/x'],
    ['a kind of a later release', 'tides/x'],
    ['a name without a kind', 'x'],
  ])('is not known of %s', async (_, name) => {
    expect(await currentRecord(catalog, name)).toBeUndefined();
  });
});
