import { invariant, messageOf } from '@lifeboat/kernel';
import type { BackupSetEvent, CaptureRecord, DatabaseRecord, SetDocument } from '@lifeboat/model';
import { Backoff, sleep } from '@lifeboat/runtime';
import type { CaptureResult } from '@lifeboat/wire';

import { adoptCommitted, commitDocument } from './adopt-committed.ts';
import { buildStatement } from './build-statement.ts';
import { figuresOf, type BackupSetRun } from './backup-set-run.ts';
import { storeTree } from './store-tree.ts';

/** Vault or catalog may be away for a while just then: minutes, all told. */
const ADOPTION_ATTEMPTS = 12;
const LONGEST_PAUSE_MILLIS = 30_000;

/**
 * Order law: packs, catalog rows, manifests, then the set document, then the catalog's set row. Everything that the
 * document names is proved to be there first; the document's creation is the commit.
 */
export async function sealSet(run: BackupSetRun): Promise<BackupSetEvent> {
  const { catalog, vault } = run.services;
  const previous = await catalog.sets.latestSealed(run.cluster.id);
  const document = buildDocument(run, previous?.sequence ?? 0, previous?.documentHash ?? null);
  await vault.closeOpenPacks(run.cluster.id);
  const known = new Set(previous?.document?.captures.map((capture) => capture.root));
  const roots = document.captures.map((capture) => capture.root).filter((root) => !known.has(root));
  const closure = await vault.assertClosure(
    run.cluster.id,
    [...new Set(roots)].map((root) => Buffer.from(root, 'hex')),
  );
  run.services.log.info({ set: run.set.id, ...closure }, 'closure checked');
  await commit(run, document);
  return 'document-committed';
}

/** S6: what failed here may have failed after the commit, and then the set is sealed all the same. */
async function commit(run: BackupSetRun, document: SetDocument): Promise<void> {
  const { log } = run.services;
  try {
    await commitDocument(run.services, run.set.id, document);
  } catch (error) {
    log.warn({ set: run.set.id, error: messageOf(error) }, 'sealing broke off; asking the vault');
    const backoff = new Backoff({ maxMillis: LONGEST_PAUSE_MILLIS });
    for (let attempt = 1; ; attempt += 1) {
      try {
        if (await adoptCommitted(run.services, run.set)) return;
      } catch (again) {
        if (attempt >= ADOPTION_ATTEMPTS) throw again;
        await sleep(backoff.next());
        continue;
      }
      throw error;
    }
  }
}

function buildDocument(run: BackupSetRun, lastSequence: number, previous: string | null): SetDocument {
  const { cluster, services } = run;
  return {
    version: 1,
    requires: [],
    uses: [],
    set: run.set.id,
    cluster: { id: cluster.id, name: cluster.name },
    sequence: lastSequence + 1,
    previous,
    keyEpoch: services.keyRing.epoch,
    requestedAt: run.set.requestedAt.toISOString(),
    requestedBy: run.set.requestedBy,
    sealedAt: services.clock.now().toISOString(),
    figures: figuresOf(run),
    captures: captureRecords(run),
    database: databaseRecord(run),
    statement: buildStatement(run),
    definition: cluster.definition,
  };
}

function captureRecords(run: BackupSetRun): CaptureRecord[] {
  const records = [...run.captures.values()].map(({ tree, result }): CaptureRecord => ({
    node: tree.clusterWide ? null : tree.node,
    tree: tree.name,
    kind: tree.kind,
    path: tree.path,
    excludes: tree.excludes,
    cleared: tree.cleared,
    root: Buffer.from(result.root).toString('hex'),
    entries: Number(result.entries),
    bytes: Number(result.bytes),
    startedAt: instantOf(result),
  }));
  const store = storeTree(run);
  const sealed = run.sealedStore;
  const withStore = records.map((record) =>
    sealed !== undefined && store !== undefined && record.tree === store.name && record.node === null
      ? {
          ...record,
          root: sealed.root.toString('hex'),
          entries: sealed.entries,
          bytes: sealed.bytes,
          // Nothing in it was read before its round began.
          startedAt: run.round === undefined ? record.startedAt! : instantOf(run.round),
        }
      : record,
  );
  return run.dumped === undefined ? withStore : [...withStore, dumpRecord(run)];
}

function instantOf({ startedUnixMillis }: CaptureResult): string {
  return new Date(Number(startedUnixMillis)).toISOString();
}

function dumpRecord(run: BackupSetRun): CaptureRecord {
  invariant(run.dumped !== undefined, 'there is a dump');
  const { capture } = run.dumped;
  return {
    node: null,
    tree: 'database',
    kind: 'database',
    path: '',
    excludes: [],
    cleared: [],
    root: Buffer.from(capture.root).toString('hex'),
    entries: Number(capture.entries),
    bytes: Number(capture.bytes),
  };
}

function databaseRecord(run: BackupSetRun): DatabaseRecord | null {
  const { dumped, probe, cluster } = run;
  const definition = cluster.definition.database;
  if (dumped === undefined || probe === undefined || definition === undefined) return null;
  return {
    engine: definition.kind,
    name: new URL(definition.url).pathname.slice(1),
    serverVersion: probe.serverVersion,
    clientVersion: probe.clientVersion,
    position: dumped.report.position,
    ...(probe.caseMode === undefined ? {} : { caseMode: probe.caseMode }),
    counts: { ...dumped.report.counts },
  };
}
