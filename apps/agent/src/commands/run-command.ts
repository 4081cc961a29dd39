import { LifeboatError } from '@lifeboat/kernel';
import type { Command, CommandResult } from '@lifeboat/wire';

import { inspectNode } from '../node/inspect-node.ts';
import { rememberNamedPlaces } from '../node/named-places.ts';
import { runArmHold, runCaptureHeld, runCaptureTree, runLookUpPaths } from './capture-commands.ts';
import type { CommandCall, CommandContext } from './command-context.ts';

type Outcome = NonNullable<CommandResult['outcome']>;

const EMPTY: Outcome = { $case: 'empty', value: {} };

/** Does what a command asks; every kind of work is one line here and a function elsewhere. */
export async function runCommand(
  context: CommandContext,
  call: CommandCall,
  work: Command['work'],
): Promise<Outcome> {
  if (work === undefined) {
    throw new LifeboatError(
      'PROTOCOL_VERSION',
      'the server asked for something that this agent does not know',
      {
        guidance: 'Update lifeboat-agent on this node.',
      },
    );
  }
  const { restores, holds, databases } = context;
  const operation = { restoreId: call.operationId, epoch: call.epoch };
  switch (work.$case) {
    case 'inspectNode':
      await rememberNamedPlaces(context.stateDir, work.value);
      return { $case: 'inspectNode', value: inspectNode(work.value) };
    case 'captureTree':
      return { $case: 'capture', value: await runCaptureTree(context, call, work.value) };
    case 'armHold':
      return { $case: 'armHold', value: await runArmHold(context, call, work.value) };
    case 'captureHeld':
      return { $case: 'capture', value: await runCaptureHeld(context, call, work.value) };
    case 'lookUpPaths':
      return { $case: 'lookUpPaths', value: await runLookUpPaths(context, call, work.value) };
    case 'releaseHold':
      if (work.value.tree !== undefined) await holds.release(work.value.tree);
      return EMPTY;
    case 'stageTree':
      return {
        $case: 'stageTree',
        value: await restores.stage(work.value, operation, { signal: call.signal }),
      };
    case 'quiesce':
      return { $case: 'quiesce', value: await restores.quiesce(work.value, operation) };
    case 'settleTrees':
      return { $case: 'settleTrees', value: await restores.settleTrees(operation) };
    case 'recordDecision':
      await restores.recordDecision(work.value, operation);
      return EMPTY;
    case 'switchTrees':
      return { $case: 'switchTrees', value: await restores.switchTrees(operation) };
    case 'startPortal':
      return { $case: 'startPortal', value: await restores.startPortal(operation) };
    case 'rollBackRestore':
      await restores.rollBack(operation);
      return EMPTY;
    case 'finalizeRestore':
      await restores.finalize(operation);
      return EMPTY;
    case 'abortRestore':
      await restores.abort(operation);
      return EMPTY;
    case 'databaseWork':
      return { $case: 'databaseWork', value: await databases.run(call, work.value) };
  }
}
