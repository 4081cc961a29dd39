import { readFile } from 'node:fs/promises';
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import {
  bytePath,
  missingDirectories,
  RACY_NANOS,
  removeMade,
  stageNames,
  TreeSwitch,
} from '@lifeboat/file-tree';
import {
  invariant,
  isUuid,
  LifeboatError,
  messageOf,
  systemCodeOf,
  type Clock,
  type Log,
} from '@lifeboat/kernel';
import type { DecisionRecord, SignedDecision } from '@lifeboat/model';
import { canonicalJson } from '@lifeboat/vault-format';
import {
  StageTreeResult,
  type Quiesce,
  type QuiesceResult,
  type RecordDecision,
  type SettleTreesResult,
  type StageTree,
  type StartPortalResult,
  type SwitchTreesResult,
} from '@lifeboat/wire';
import type { AgentPolicy } from './agent-policy.ts';
import { allowedRoot } from './allowed-root.ts';
import { isNewDecision, readDecision } from './decision.ts';
import type { ChunkSource } from './chunk-source.ts';
import type { DownloadFactory } from './download-call.ts';
import { waitForHealth } from './health.ts';
import { ownJournals } from './journal-owner.ts';
import { intentFromJson, intentToJson } from './intent-json.ts';
import type { JournaledTree } from './journal-record.ts';
import { noSpace } from './no-space.ts';
import { scanProcesses, type WatchedTree } from './process-scan.ts';
import { stopAndProve } from './quiesce-step.ts';
import { Restore, type Checkpoint } from './restore.ts';
import { isInDoubt, isSettled, isUnderWay, stagedTrees, type TreeProgress } from './restore-progress.ts';
import { prepareReturn, type Return } from './return-step.ts';
import { runAction } from './run-action.ts';
import { settleTree } from './settle-step.ts';
import {
  buildStage,
  dropAside,
  dropStage,
  stagePlace,
  surveyStage,
  type StageProgress,
  type StageSource,
} from './stage-step.ts';
import { liftGuard, raiseGuard, readGuard } from './start-guard.ts';

export interface RestoreAgentOptions {
  /** The agent's own folder: journals below `restores/`, and the start guard. */
  readonly stateDir: string;
  readonly policy: AgentPolicy;
  readonly download: DownloadFactory;
  readonly log: Log;
  readonly clock: Clock;
  /** Ed25519, 32 bytes; from Welcome, so not there before the first session. Kept in the journal per restore. */
  readonly decisionPublicKey?: Uint8Array | undefined;
  /** The cluster's chunk-id key, from Welcome. */
  readonly idKey?: Uint8Array | undefined;
  /** How long a portal may take to end after its stop action came back. */
  readonly stopGraceMillis?: number;
  /** Between the two looks that prove it. */
  readonly betweenLooksMillis?: number;
  /** Before every change on disk; for tests. */
  readonly checkpoint?: Checkpoint;
}

/** What every command of the server carries. */
export interface Operation {
  readonly restoreId: string;
  readonly epoch: number | bigint;
}

export interface InDoubt {
  readonly restore: string;
  readonly epoch: number;
  readonly preparedAt: string;
}

const NANOS_A_MILLI = 1_000_000n;
const STOP_GRACE_MILLIS = 120_000;
const BETWEEN_LOOKS_MILLIS = 500;

/**
 * One node's part in coordinated restores (README.md: the journal's states, R1–R5). Every step is safe to repeat: done
 * already, it answers what it answered then. One step runs at a time; `replay` comes before the first.
 */
export class RestoreAgent {
  readonly #options: RestoreAgentOptions;
  readonly #checkpoint: Checkpoint;
  readonly #restores = new Map<string, Restore>();
  #keys: { decisionPublicKey?: Uint8Array | undefined; idKey?: Uint8Array | undefined };
  #queue: Promise<unknown> = Promise.resolve();
  #staging: { restoreId: string; abort: AbortController } | undefined;

  constructor(options: RestoreAgentOptions) {
    this.#options = options;
    this.#keys = { decisionPublicKey: options.decisionPublicKey, idKey: options.idKey };
    this.#checkpoint = options.checkpoint ?? (() => undefined);
  }

  /** The keys a session's Welcome brought. */
  welcome(keys: { decisionPublicKey: Uint8Array; idKey: Uint8Array }): void {
    this.#keys = keys;
  }

  /**
   * Reads the journals, and finishes what had been decided or begun to be undone when the agent stopped. Throws CONFLICT
   * while another process works on them.
   */
  replay(): Promise<void> {
    return this.#alone(async () => {
      ownJournals(join(this.#options.stateDir, 'restores'));
      for (const id of this.#journaledIds()) {
        const restore = this.#restores.get(id) ?? (await this.#open(id));
        // Without a first line it never happened.
        if (!restore.isBegun) continue;
        this.#restores.set(id, restore);
        await this.#resume(restore);
      }
    });
  }

  /** Prepared restores without a decision: the portal stays down until somebody says which way (R2). */
  inDoubt(): InDoubt[] {
    return [...this.#restores.values()]
      .map(({ progress }) => progress)
      .filter(isInDoubt)
      .map(({ restore, epoch, quiesced }) => ({ restore, epoch, preparedAt: quiesced?.at ?? '' }));
  }

  /** Builds and verifies the new tree beside the live one; with `dryRun` only counts. */
  async stage(
    command: StageTree,
    operation: Operation,
    options: { onProgress?: (progress: StageProgress) => void; signal?: AbortSignal } = {},
  ): Promise<StageTreeResult> {
    const tree = command.tree;
    if (tree === undefined) throw new LifeboatError('PROTOCOL_BREACH', 'a stage command without a tree');
    const root = await allowedRoot(this.#options.policy, tree.path);
    const abort = new AbortController();
    const signal =
      options.signal === undefined ? abort.signal : AbortSignal.any([abort.signal, options.signal]);
    const source = this.#source(command, operation, signal, options.onProgress);
    if (command.dryRun) return surveyStage(stagePlace(tree, command, root, []), source);
    return this.#alone(async () => {
      const restore = await this.#begin(operation);
      const others = [...restore.progress.trees.values()].map((other) => other.root);
      const place = stagePlace(tree, command, root, others);
      const journaled = {
        ...place,
        manifest: command.root.toString('hex'),
        made: missingDirectories(bytePath(root)),
      };
      this.#staging = { restoreId: operation.restoreId, abort };
      try {
        return await this.#stageTree(restore, journaled, source);
      } catch (error) {
        throw signal.aborted ? cancelled(error) : systemCodeOf(error) === 'ENOSPC' ? noSpace(error) : error;
      } finally {
        this.#staging = undefined;
      }
    });
  }

  /** Guard up, portal stopped by the node's own action, and proven so. */
  quiesce(command: Quiesce, operation: Operation): Promise<QuiesceResult> {
    return this.#alone(async () => {
      const roots: WatchedTree[] = [];
      for (const tree of command.trees) {
        const root = await allowedRoot(this.#options.policy, tree.path);
        roots.push({ root, excludes: tree.excludes.map((path) => join(root, path)) });
      }
      const restore = await this.#begin(operation);
      const { quiesced, decision } = restore.progress;
      if (quiesced !== undefined && (quiesced.epoch === Number(operation.epoch) || decision !== undefined)) {
        return { proof: quiesced.proof };
      }
      await restore.append({ step: 'quiescing', trees: roots });
      await this.#raiseGuard(restore);
      const proof = await stopAndProve(restore, roots, this.#stopWorld());
      await restore.append({ step: 'quiesced', epoch: Number(operation.epoch), proof });
      return { proof };
    });
  }

  /**
   * With every portal of the cluster proven stopped: looks again at what is kept in place, stages what has changed
   * meanwhile, and writes down what will change places.
   */
  settleTrees(operation: Operation): Promise<SettleTreesResult> {
    return this.#alone(async () => this.#settle(await this.#find(operation)));
  }

  /** R2: on stable storage before it is acknowledged. */
  recordDecision(command: RecordDecision, operation: Operation): Promise<void> {
    return this.#alone(async () => {
      await this.#recordDecision(await this.#find(operation), command.recordJson, command.signature);
    });
  }

  /** Exchanges live and staged entries of every tree; needs a recorded `switch`. */
  switchTrees(operation: Operation): Promise<SwitchTreesResult> {
    return this.#alone(async () => this.#switch(await this.#find(operation)));
  }

  /** Lifts the guard, runs the start action, waits for health; after a switch or a roll-back. */
  startPortal(operation: Operation): Promise<StartPortalResult> {
    return this.#alone(async () => this.#start(await this.#find(operation), Number(operation.epoch)));
  }

  /** Stops the portal again if it was started, and puts the old entries back; needs a recorded `roll-back`. */
  rollBack(operation: Operation): Promise<void> {
    return this.#alone(async () => this.#rollBack(await this.#find(operation)));
  }

  /** Frees what was kept aside: from here on there is no way back. */
  finalize(operation: Operation): Promise<void> {
    return this.#alone(async () => this.#finalize(await this.#find(operation)));
  }

  /** Before any decision: removes the stage, lifts the guard, starts what quiesce stopped. Unknown restores are fine. */
  abort(operation: Operation): Promise<void> {
    if (this.#staging?.restoreId === operation.restoreId) this.#staging.abort.abort();
    return this.#alone(async () => {
      if (this.#restores.has(operation.restoreId)) await this.#abort(await this.#find(operation));
    });
  }

  /**
   * For `lifeboat-agent decide --decision FILE`, with the server gone: judges the record by the key journaled when the
   * restore began, records it, and goes that way to the end, portal included.
   */
  async decideFromFile(file: string): Promise<{ record: DecisionRecord; portal: StartPortalResult }> {
    const signed = JSON.parse(await readFile(file, 'utf8')) as SignedDecision;
    const recordJson = canonicalJson(signed.record);
    return this.#alone(async () => {
      const restore = this.#restores.get(signed.record.restore);
      if (restore === undefined) throw unknownRestore(signed.record.restore);
      const record = await this.#recordDecision(restore, recordJson, Buffer.from(signed.signature, 'base64'));
      if (record.decision === 'switch') await this.#switch(restore);
      else await this.#rollBack(restore);
      return { record, portal: await this.#start(restore, restore.progress.epoch) };
    });
  }

  // ---------------------------------------------------------------- steps

  async #stageTree(restore: Restore, tree: JournaledTree, source: StageSource): Promise<StageTreeResult> {
    const { progress } = restore;
    if (progress.quiesced !== undefined || progress.decision !== undefined) {
      throw new LifeboatError(
        'CONFLICT',
        'nothing more can be staged: the portal is already stopped for the switch',
      );
    }
    const known = progress.trees.get(tree.name);
    const isSame = known !== undefined && isSameTree(known, tree);
    if (isSame && known.result !== undefined) return StageTreeResult.fromJSON(known.result);
    const journaled = { ...tree, made: [...(known?.made ?? []), ...tree.made] };
    if (known !== undefined && !isSame) await dropStage(known.root, progress.restore);
    await restore.append({ step: 'staging', tree: journaled });
    const result = await buildStage(journaled, source);
    await restore.append({ step: 'staged', tree: tree.name, result: StageTreeResult.toJSON(result) });
    return result;
  }

  async #settle(restore: Restore): Promise<SettleTreesResult> {
    const { progress } = restore;
    if (progress.quiesced === undefined) {
      throw new LifeboatError('CONFLICT', 'nothing can be settled while the portal is not proven stopped');
    }
    const began = this.#options.clock.monotonic();
    if (!isSettled(progress) && progress.decision === undefined) {
      const source = this.#chunkSource(progress.restore);
      invariant(source !== undefined, 'nothing is settled before a session has brought the id key');
      for (const tree of stagedTrees(progress)) {
        const { intent, late } = await this.#withTree(tree, restore, (place) =>
          settleTree(place, tree.excludes, source),
        );
        await restore.append({ step: 'settled', tree: tree.name, intent: intentToJson(intent), late });
      }
    }
    const settled = stagedTrees(restore.progress).map((tree) => tree.settled);
    return {
      entriesExchanged: settled.reduce((sum, tree) => sum + (tree?.intent.exchanges.length ?? 0), 0),
      entriesLate: settled.reduce((sum, tree) => sum + (tree?.late ?? 0), 0),
      millis: BigInt(Math.round(this.#options.clock.monotonic() - began)),
    };
  }

  async #recordDecision(
    restore: Restore,
    recordJson: string,
    signature: Uint8Array,
  ): Promise<DecisionRecord> {
    const { progress } = restore;
    const record = readDecision(
      recordJson,
      signature,
      Buffer.from(progress.decisionKey, 'base64'),
      progress.restore,
    );
    if (isNewDecision(progress, record)) {
      // What was kept aside is gone: there is nothing to go back to.
      if (progress.end !== undefined) throw over(restore);
      await restore.append({
        step: 'decided',
        decision: record.decision,
        epoch: record.epoch,
        recordJson,
        signature: Buffer.from(signature).toString('base64'),
      });
    }
    return record;
  }

  async #switch(restore: Restore): Promise<SwitchTreesResult> {
    const { progress } = restore;
    if (progress.decision?.decision !== 'switch') throw undecided('switch', progress.decision?.decision);
    if (progress.switched !== undefined) return switchResult(progress.switched);
    const began = this.#options.clock.monotonic();
    invariant(isSettled(progress), 'a switch is only taken by a node that has settled');
    // Every intent first: a roll-back looks at no tree that is not named here.
    for (const { name, intent } of stagedTrees(progress)) {
      if (intent === undefined) await restore.append({ step: 'switching', tree: name });
    }
    let entries = 0;
    for (const { intent, ...tree } of restore.progress.trees.values()) {
      if (intent === undefined) continue;
      entries += await this.#withTree(tree, restore, (place) =>
        place.forward(intentFromJson(intent), this.#checkpoint),
      );
    }
    const millis = Math.round(this.#options.clock.monotonic() - began);
    await restore.append({ step: 'switched', entries, millis });
    return switchResult({ entries, millis });
  }

  async #start(restore: Restore, epoch: number): Promise<StartPortalResult> {
    const { progress } = restore;
    const isReady =
      progress.rolledBack || (progress.switched !== undefined && progress.decision?.decision === 'switch');
    if (!isReady) throw undecided('start', progress.decision?.decision);
    if (progress.started?.epoch === epoch) return startResult(progress.started);
    const { actions } = this.#options.policy;
    const { clock } = this.#options;
    const began = clock.monotonic();
    const isFirst = progress.starting === 'no';
    if (isFirst) await restore.append({ step: 'starting' });
    await this.#liftGuard(restore);
    if (restore.progress.starting !== 'action-done') {
      // Cut off around the start action: a second portal on the same data must not be started.
      const runs = !isFirst && (await scanProcesses(progress.watched)).findings.length > 0;
      if (actions.start !== undefined && !runs)
        await runAction('start', actions.start, join(restore.directory, 'start.log'));
      await restore.append({ step: 'start-action-done' });
    }
    if (actions.health !== undefined) await waitForHealth(actions.health, clock);
    const started = {
      millis: Math.round(clock.monotonic() - began),
      healthChecked: actions.health !== undefined,
    };
    await restore.append({ step: 'started', epoch, ...started });
    return startResult(started);
  }

  async #rollBack(restore: Restore): Promise<void> {
    const { progress } = restore;
    if (progress.decision?.decision !== 'roll-back')
      throw undecided('roll back', progress.decision?.decision);
    if (progress.rolledBack) return;
    this.#assertNoneLater(restore);
    if (progress.unfinished !== 'rolling-back') await restore.append({ step: 'rolling-back' });
    await this.#raiseGuard(restore);
    const trees = [...progress.trees.values()];
    if (restore.progress.starting !== 'no' || trees.some(({ intent }) => intent !== undefined)) {
      const world = this.#stopWorld();
      const isDown = restore.progress.starting === 'no';
      const policy = isDown ? { ...world.policy, actions: {} } : world.policy;
      await stopAndProve(restore, progress.watched, { ...world, policy });
    }
    // All that has to be fetched comes first: a node without its server has then moved nothing.
    const returns = new Map<string, Return>();
    for (const tree of trees) {
      const { intent } = tree;
      if (intent === undefined) continue;
      const onMended = (paths: readonly string[]): Promise<void> =>
        restore.append({ step: 'mended', tree: tree.name, paths });
      const source = this.#chunkSource(progress.restore);
      const prepared = await this.#withTree(tree, restore, (place) =>
        prepareReturn(place, tree, intentFromJson(intent), source, onMended),
      );
      returns.set(tree.name, prepared);
    }
    for (const tree of trees.toReversed()) {
      const { intent } = tree;
      const prepared = returns.get(tree.name);
      if (intent === undefined || prepared === undefined) continue;
      await this.#withTree(tree, restore, (place) =>
        place.backward(intentFromJson(intent), prepared.plan, prepared.mended, this.#checkpoint),
      );
    }
    // A root that never existed goes as well, and with it the stage in it.
    for (const tree of trees.toReversed())
      if (tree.made.length > 0) await this.#forget(tree, progress.restore);
    await restore.append({ step: 'rolled-back' });
  }

  async #finalize(restore: Restore): Promise<void> {
    const { progress } = restore;
    if (progress.end === 'finalized') return;
    const isSettled =
      progress.rolledBack || (progress.switched !== undefined && progress.decision?.decision === 'switch');
    if (!isSettled) {
      throw new LifeboatError(
        'CONFLICT',
        'the restore cannot be finalized: this node has neither switched nor gone back',
        {
          guidance: 'Wait until the restore is completed or rolled back.',
        },
      );
    }
    if (progress.unfinished !== 'finalizing') await restore.append({ step: 'finalizing' });
    for (const tree of [...progress.trees.values()].toReversed()) {
      this.#checkpoint(`free ${tree.name}`);
      await dropAside(tree.root, progress.restore);
      if (progress.rolledBack) await this.#forget(tree, progress.restore);
      else await dropStage(tree.root, progress.restore);
    }
    await this.#liftGuard(restore);
    await restore.append({ step: 'finalized' });
  }

  async #abort(restore: Restore): Promise<void> {
    const { progress } = restore;
    if (progress.end === 'aborted') return;
    if (progress.decision !== undefined) {
      throw new LifeboatError(
        'CONFLICT',
        `the restore cannot be aborted: ${progress.decision.decision} was decided`,
        {
          guidance: 'After a decision only a recorded roll-back brings the old data back.',
        },
      );
    }
    if (progress.unfinished !== 'aborting') await restore.append({ step: 'aborting' });
    for (const tree of [...progress.trees.values()].toReversed()) await this.#forget(tree, progress.restore);
    await this.#liftGuard(restore);
    const { start } = this.#options.policy.actions;
    if (progress.stopped && start !== undefined)
      await runAction('start', start, join(restore.directory, 'start.log'));
    await restore.append({ step: 'aborted' });
  }

  /** After a crash: finishes what is decided or begun to be undone; everything else waits for the server's word. */
  async #resume(restore: Restore): Promise<void> {
    const { progress } = restore;
    if (progress.unfinished === 'aborting') await this.#abort(restore);
    else if (progress.unfinished === 'finalizing') await this.#finalize(restore);
    else if (progress.decision?.decision === 'roll-back' && !progress.rolledBack)
      await this.#rollBackOrWait(restore);
    else if (progress.decision?.decision === 'switch' && progress.switched === undefined)
      await this.#switch(restore);
  }

  /** What only the vault can mend waits for the server; the guard is up. */
  async #rollBackOrWait(restore: Restore): Promise<void> {
    try {
      await this.#rollBack(restore);
    } catch (error) {
      if (systemCodeOf(error) !== 'KEPT_CHANGED') throw error;
      this.#options.log.warn(
        { restore: restore.progress.restore, error: messageOf(error) },
        'roll-back waits',
      );
    }
  }

  // ---------------------------------------------------------------- helpers

  /** Removes the stage, and the directories that were only made to hold it. */
  async #forget(tree: TreeProgress, restoreId: string): Promise<void> {
    this.#checkpoint(`forget ${tree.name}`);
    await dropAside(tree.root, restoreId);
    await dropStage(tree.root, restoreId);
    removeMade(tree.made.map(bytePath));
  }

  async #withTree<T>(
    tree: { root: string },
    restore: Restore,
    use: (place: TreeSwitch) => Promise<T>,
  ): Promise<T> {
    const place = TreeSwitch.open(bytePath(tree.root), stageNames(restore.progress.restore));
    try {
      return await use(place);
    } catch (error) {
      throw systemCodeOf(error) === 'ENOSPC' ? treeIsFull(tree.root, error) : error;
    } finally {
      place.close();
    }
  }

  async #raiseGuard(restore: Restore): Promise<void> {
    this.#checkpoint('raise the guard');
    const since = this.#options.clock.now().toISOString();
    await raiseGuard(this.#options.stateDir, { restore: restore.progress.restore, since });
  }

  /** Only its own: another restore may hold the portal down by now. */
  async #liftGuard(restore: Restore): Promise<void> {
    this.#checkpoint('lift the guard');
    const guard = await readGuard(this.#options.stateDir);
    if (guard?.restore === restore.progress.restore) await liftGuard(this.#options.stateDir);
  }

  #stopWorld(): Parameters<typeof stopAndProve>[2] {
    const { policy, clock, log } = this.#options;
    const { stopGraceMillis = STOP_GRACE_MILLIS, betweenLooksMillis = BETWEEN_LOOKS_MILLIS } = this.#options;
    return { policy, clock, log, stopGraceMillis, betweenLooksMillis };
  }

  #source(
    command: StageTree,
    operation: Operation,
    signal: AbortSignal,
    onProgress: ((progress: StageProgress) => void) | undefined,
  ): StageSource {
    const chunks = this.#chunkSource(operation.restoreId);
    invariant(chunks !== undefined, 'nothing is staged before a session has brought the id key');
    return {
      ...chunks,
      manifest: command.root,
      trustedBefore: command.capturedUnixMillis * NANOS_A_MILLI - RACY_NANOS,
      nowNanos: BigInt(this.#options.clock.now().getTime()) * NANOS_A_MILLI,
      signal,
      onProgress,
    };
  }

  /** Undefined as long as no session has brought the key by which chunks are identified. */
  #chunkSource(restoreId: string): ChunkSource | undefined {
    const { idKey } = this.#keys;
    const { download, log } = this.#options;
    return idKey === undefined ? undefined : { restoreId, download, idKey, log };
  }

  /** The restore of this operation, begun now if it is new. Throws RESTORE_RUNNING, CONFLICT for a stale epoch. */
  async #begin(operation: Operation): Promise<Restore> {
    const { restoreId } = operation;
    if (!isUuid(restoreId)) throw new LifeboatError('PROTOCOL_BREACH', 'a restore id is a UUID');
    if (this.#restores.has(restoreId)) {
      const restore = await this.#find(operation);
      if (restore.progress.end !== undefined) throw over(restore);
      return restore;
    }
    for (const { progress } of this.#restores.values()) {
      if (isUnderWay(progress)) throw running(progress.restore);
    }
    const { decisionPublicKey } = this.#keys;
    invariant(
      decisionPublicKey !== undefined,
      'no restore begins before a session has brought the decision key',
    );
    const restore = await this.#open(restoreId);
    await restore.append({
      step: 'begun',
      restore: restoreId,
      epoch: Number(operation.epoch),
      decisionKey: Buffer.from(decisionPublicKey).toString('base64'),
    });
    this.#restores.set(restoreId, restore);
    return restore;
  }

  /** Throws NOT_FOUND, CONFLICT for a stale epoch. */
  async #find(operation: Operation): Promise<Restore> {
    const restore = this.#restores.get(operation.restoreId);
    if (restore === undefined) throw unknownRestore(operation.restoreId);
    const epoch = Number(operation.epoch);
    if (epoch < restore.progress.epoch) {
      throw new LifeboatError(
        'CONFLICT',
        `epoch ${epoch} is over: this node has seen ${restore.progress.epoch}`,
        {
          guidance: 'Another server has taken this restore over; nothing was done.',
        },
      );
    }
    if (epoch > restore.progress.epoch) await restore.append({ step: 'epoch', epoch });
    return restore;
  }

  #open(id: string): Promise<Restore> {
    const world = { clock: this.#options.clock, checkpoint: this.#checkpoint };
    return Restore.open(join(this.#options.stateDir, 'restores', id), world);
  }

  #journaledIds(): string[] {
    try {
      return readdirSync(join(this.#options.stateDir, 'restores')).filter(isUuid).sort();
    } catch (error) {
      if (systemCodeOf(error) === 'ENOENT') return [];
      throw error;
    }
  }

  /** Old data of a later restore would be put back over what is rolled back here. */
  #assertNoneLater(restore: Restore): void {
    for (const { progress } of this.#restores.values()) {
      const isLater = progress.begunAt > restore.progress.begunAt && progress.switched !== undefined;
      if (isLater && !progress.rolledBack) {
        throw new LifeboatError('CONFLICT', `restore ${progress.restore} has been switched in since`, {
          guidance: 'Roll that one back first.',
        });
      }
    }
  }

  #alone<T>(step: () => Promise<T>): Promise<T> {
    const result = this.#queue.then(step);
    this.#queue = result.catch(() => undefined);
    return result;
  }
}

function isSameTree(a: JournaledTree, b: JournaledTree): boolean {
  const key = ({ root, manifest, cleared, keep }: JournaledTree): string =>
    JSON.stringify([root, manifest, cleared, keep]);
  return key(a) === key(b);
}

function switchResult({ entries, millis }: { entries: number; millis: number }): SwitchTreesResult {
  return { entriesExchanged: entries, millis: BigInt(millis) };
}

function startResult({
  millis,
  healthChecked,
}: {
  millis: number;
  healthChecked: boolean;
}): StartPortalResult {
  return { millis: BigInt(millis), healthChecked };
}

function undecided(what: string, decision: string | undefined): LifeboatError {
  if (decision === undefined) {
    return new LifeboatError('IN_DOUBT', `this node cannot ${what}: no decision is recorded here`, {
      guidance: 'The server, or `lifeboat-agent decide --decision FILE`, has to say which way.',
    });
  }
  return new LifeboatError(
    'CONFLICT',
    `this node cannot ${what}: it has ${decision} on record and is not there yet`,
  );
}

function unknownRestore(id: string): LifeboatError {
  return new LifeboatError('NOT_FOUND', `this node knows no restore ${id}`);
}

function running(id: string): LifeboatError {
  return new LifeboatError('RESTORE_RUNNING', `restore ${id} is under way on this node`, {
    guidance: 'Let it come to its end, abort it or roll it back first.',
  });
}

function over(restore: Restore): LifeboatError {
  return new LifeboatError('CONFLICT', `restore ${restore.progress.restore} is ${restore.progress.end}`);
}

function cancelled(cause: unknown): LifeboatError {
  return new LifeboatError('CANCELLED', 'staging was cancelled', { cause });
}

function treeIsFull(root: string, cause: unknown): LifeboatError {
  return new LifeboatError('NO_SPACE', `the file system of ${root} is full`, {
    guidance: 'Free space there and repeat the step: what is done is done, and the old data are all there.',
    cause,
  });
}
