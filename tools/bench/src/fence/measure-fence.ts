import { writeFile } from 'node:fs/promises';
import path from 'node:path';
import { parseArgs } from 'node:util';
import { PortalCluster, ServerProcess } from '@lifeboat/dev-cluster';
import { runLoad, type DatabaseKind } from '@lifeboat/portal-simulator';
import { startMariaDb, startPostgres } from '@lifeboat/testkit';

import { buildPrograms } from '../build-programs.ts';
import { phasesOf } from './phases.ts';
import { summaryOf, type FencedSet } from './summary.ts';

const USAGE = `npm run bench -- fence [--engine postgresql|mariadb] [--documents 20000] [--operations 50] [--sets 20] [--json FILE]

Takes sets of a simulated cluster of two nodes while a load generator writes to it: servers, agents, database, portals
and load on this machine. Prints for each set its guarantee, what is missing, the fence and its phases.`;

const CLUSTER = 'fence';

interface StatementView {
  readonly guarantee: string;
  readonly fence: { readonly millis: number } | null;
  readonly point: { readonly pins: number } | null;
  readonly documents: {
    readonly rows: number;
    readonly missing: unknown[];
    readonly sizeMismatch: unknown[];
  };
}

/** `bench fence`: exit code 0 when every set was consistent. Everything is made below `dir`, which is there. */
export async function measureFence(args: string[], dir: string): Promise<number> {
  const { values } = parseArgs({
    args,
    options: {
      engine: { type: 'string', default: 'postgresql' },
      documents: { type: 'string', default: '20000' },
      operations: { type: 'string', default: '50' },
      sets: { type: 'string', default: '20' },
      json: { type: 'string' },
    },
  });
  const kind = values.engine as DatabaseKind;
  if (kind !== 'postgresql' && kind !== 'mariadb') {
    console.error(USAGE);
    return 2;
  }
  await buildPrograms();
  await using closing = new AsyncDisposableStack();
  const home = { dir: path.join(dir, 'database') };
  const database = await (kind === 'postgresql' ? startPostgres(home) : startMariaDb(home));
  closing.defer(() => database.stop());
  const shape = { nodes: 2, documents: Number(values.documents), store: 'shared' } as const;
  const place = { name: CLUSTER, dir: path.join(dir, CLUSTER), kind, database };
  const cluster = await PortalCluster.make({ ...shape, ...place });
  closing.defer(() => cluster.stop());
  const server = await ServerProcess.start(path.join(dir, 'server'));
  closing.defer(() => server.stop());
  await cluster.protect(server);
  const load = await runLoad({ portal: cluster.portal, rate: Number(values.operations) });
  closing.defer(() => load.stop().then(() => undefined));
  // The first set reads every byte: it is no measure of a fence among sets.
  console.log(describe('first', await takeSet(server)));
  const sets: FencedSet[] = [];
  const before = load.counts();
  for (let number = 1; number <= Number(values.sets); number += 1) {
    const set = await takeSet(server);
    sets.push(set);
    console.log(describe(String(number), set));
  }
  const { total, millis } = load.counts();
  const rate = ((total - before.total) / (millis - before.millis)) * 1000;
  const summary = summaryOf(sets, rate);
  console.log(summary.text);
  if (values.json !== undefined)
    await writeFile(values.json, `${JSON.stringify({ kind, ...shape, rate, sets }, null, 2)}\n`);
  return summary.clean ? 0 : 1;
}

async function takeSet(server: ServerProcess): Promise<FencedSet> {
  const { set } = await server.json<{ set: string }>('backup', 'run', '--cluster', CLUSTER, '--wait');
  const { guarantee, fence, point, documents } = await server.json<StatementView>('set', 'statement', set);
  return {
    guarantee,
    fenceMillis: fence?.millis ?? 0,
    pins: point?.pins ?? 0,
    rows: documents.rows,
    missing: documents.missing.length + documents.sizeMismatch.length,
    phases: phasesOf(server.process.stderr(), set),
  };
}

function describe(label: string, set: FencedSet): string {
  const phases = set.phases.map(({ effect, millis }) => `${effect} ${millis}`).join(', ');
  const { guarantee, missing, rows, fenceMillis, pins } = set;
  return `${label.padStart(5)}  ${guarantee}  ${missing} of ${rows} missing  fence ${fenceMillis} ms  pins ${pins}  [${phases}]`;
}
