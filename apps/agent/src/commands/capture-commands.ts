import { Readable } from 'node:stream';
import {
  captureReplica,
  captureStream,
  captureTree,
  lookUpPaths,
  type CaptureOptions,
} from '@lifeboat/capture/agent';
import { LifeboatError } from '@lifeboat/kernel';
import { allowedRoot } from '@lifeboat/restore/agent';
import type {
  ArmHold,
  CaptureHeld,
  CaptureResult,
  CaptureTree,
  LookUpPaths,
  LookUpPathsResult,
  Tree,
} from '@lifeboat/wire';

import { portalProcesses } from '../node/portal-processes.ts';
import type { CommandCall, CommandContext } from './command-context.ts';

/** The file in the virtual tree `environment`. */
const ENVIRONMENT_FILE = 'portal-processes.json';

export async function runCaptureTree(
  context: CommandContext,
  call: CommandCall,
  work: CaptureTree,
): Promise<CaptureResult> {
  const tree = requireTree(work.tree);
  if (tree.kind === 'environment') return captureEnvironment(context, call);
  await checkRoot(context, tree);
  if (tree.kind === 'search-index') return captureSearchIndex(context, call, tree);
  // Watching begins with the first look at a store, so that arming later costs only its sentinel.
  if (tree.kind === 'document-store') context.holds.watch(tree);
  return captureTree(optionsOf(context, call, tree));
}

export async function runArmHold(context: CommandContext, call: CommandCall, work: ArmHold) {
  const tree = requireTree(work.tree);
  await checkRoot(context, tree);
  return context.holds.arm(tree, `${call.operationId}-${call.epoch}`, work.activeDirectories);
}

export async function runCaptureHeld(
  context: CommandContext,
  call: CommandCall,
  work: CaptureHeld,
): Promise<CaptureResult> {
  const tree = requireTree(work.tree);
  return context.holds.watch(tree).captureHeld(optionsOf(context, call, tree));
}

export async function runLookUpPaths(
  context: CommandContext,
  call: CommandCall,
  work: LookUpPaths,
): Promise<LookUpPathsResult> {
  const tree = requireTree(work.tree);
  await checkRoot(context, tree);
  return lookUpPaths(optionsOf(context, call, tree), work.paths, context.holds.watch(tree));
}

/** Arguments and variables of the portal's process: what no file shows, and only sealed bytes may leave the node. */
function captureEnvironment(context: CommandContext, call: CommandCall): Promise<CaptureResult> {
  const processes = portalProcesses().map(({ args, env }) => ({
    args,
    env: Object.fromEntries(
      Object.entries(env).filter(([name]) => name.startsWith('LIFERAY_') || name === 'TZ'),
    ),
  }));
  const text = `${JSON.stringify(processes, null, 2)}\n`;
  // The same processes give the same capture: nothing of the moment may stand in it.
  return captureStream(ENVIRONMENT_FILE, Readable.from([Buffer.from(text)]), {
    ...common(context, call),
    mtimeNs: 0n,
  });
}

function captureSearchIndex(context: CommandContext, call: CommandCall, tree: Tree): Promise<CaptureResult> {
  return captureReplica({
    ...optionsOf(context, call, tree),
    owner: context.node,
    epoch: `${call.operationId}-${call.epoch}`,
    verified: context.verifiedIndexFiles,
  });
}

function optionsOf(context: CommandContext, call: CommandCall, tree: Tree): CaptureOptions {
  return {
    ...common(context, call),
    tree,
    stateDir: context.stateDir,
    onProgress: ({ phase, bytesDone, entriesDone }) =>
      call.onProgress({
        phase,
        bytesDone: BigInt(bytesDone),
        bytesTotal: 0n,
        entriesDone: BigInt(entriesDone),
      }),
  };
}

function common(context: CommandContext, call: CommandCall) {
  const { upload, workers, log, clock } = context;
  return {
    welcome: context.sealing(),
    upload,
    workers,
    log,
    clock,
    signal: call.signal,
    operationId: call.operationId,
  };
}

function requireTree(tree: Tree | undefined): Tree {
  if (tree === undefined) throw new LifeboatError('PROTOCOL_BREACH', 'a capture command without a tree');
  return tree;
}

/** The node's own policy file wins over the server; reading needs no `mayRestore`. */
async function checkRoot(context: CommandContext, tree: Tree): Promise<void> {
  await allowedRoot({ ...context.policy, mayRestore: true }, tree.path);
}
