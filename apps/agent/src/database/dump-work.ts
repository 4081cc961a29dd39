import { captureDump } from '@lifeboat/capture/agent';
import type { DumpReport } from '@lifeboat/database';
import type { RowLine } from '@lifeboat/database/work';
import { CaptureResult } from '@lifeboat/wire';

import { documentLines, type DatabaseAccess } from './database-access.ts';
import type { DatabaseHandlers } from './database-handlers.ts';
import type { HeldSnapshots } from './held-snapshots.ts';

type DumpKinds =
  | 'probe'
  | 'exists'
  | 'pin'
  | 'documents'
  | 'dump-start'
  | 'second-look'
  | 'dump-finish'
  | 'cancel'
  | 'release';

/** Looking at the database and dumping it: nothing of it changes. */
export function dumpWork(access: DatabaseAccess, snapshots: HeldSnapshots): DatabaseHandlers<DumpKinds> {
  return {
    probe: async ({ definition }) => (await access.engine(definition)).probe(),
    exists: async ({ definition }) => ({ exists: await (await access.engine(definition)).exists() }),
    pin: async ({ definition, pin: id }, call) => {
      const engine = await access.engine(definition);
      const { openedAt, position } = await snapshots.open(id, call.operationId, () => engine.pin());
      return { openedAt: openedAt.toISOString(), position };
    },
    documents: ({ pin: id }, call) =>
      snapshots.use(id, async (pin) => ({
        root: await access.sendRows(call, documentLines(pin.documents())),
      })),
    'dump-start': async ({ pin: id, dump }, call) => {
      await snapshots.startDump(id, dump, (pin) => captureDump(pin.dump(), access.upward(call)));
      return {};
    },
    'second-look': async ({ dump }, call) => {
      const { secondLook, goOn } = snapshots.dump(dump);
      const rows = await secondLook;
      const root = rows === undefined ? null : await access.sendRows(call, documentLines(rows));
      goOn();
      return { root };
    },
    'dump-finish': async ({ dump }, call) => {
      const { capture, report } = await snapshots.dump(dump).finished;
      const { openedAt, closedAt, counts, ddlDuringDump, doubts, release, position } = report;
      return {
        capture: CaptureResult.toJSON(capture) as object,
        rows: await access.sendRows(call, reportLines(report)),
        openedAt: openedAt.toISOString(),
        closedAt: closedAt.toISOString(),
        counts,
        ddlDuringDump,
        doubts,
        release,
        position,
      };
    },
    cancel: async ({ dump }) => {
      await snapshots.cancel(dump);
      return {};
    },
    release: async ({ pin }) => {
      await snapshots.release(pin);
      return {};
    },
  };
}

function* reportLines(report: DumpReport): Generator<RowLine> {
  const { documents, images, contents, storeContents, companies, externalRepositories, rowsByTable } = report;
  for (const row of documents) yield ['document', row];
  for (const row of images) yield ['image', row];
  for (const row of contents) yield ['content', row];
  for (const row of storeContents) yield ['store-content', row];
  for (const id of companies) yield ['company', id];
  for (const id of externalRepositories) yield ['external-repository', id];
  for (const row of rowsByTable) yield ['table', row];
}
