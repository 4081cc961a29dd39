import { join } from 'node:path';
import { LifeboatError, messageOf, toLifeboatError, type Clock, type Log } from '@lifeboat/kernel';
import { sleep } from '@lifeboat/runtime';
import type { AgentPolicy } from './agent-policy.ts';
import { scanProcesses, type Finding, type Scan, type WatchedTree } from './process-scan.ts';
import type { Restore } from './restore.ts';
import { runAction } from './run-action.ts';

const POLL_MILLIS = 1000;
const SHOWN_FINDINGS = 5;

export interface StopWorld {
  readonly policy: AgentPolicy;
  readonly clock: Clock;
  readonly log: Log;
  /** How long a portal may take to end after its stop action came back. */
  readonly stopGraceMillis: number;
  readonly betweenLooksMillis: number;
}

/**
 * Runs the stop action and proves by two looks that nothing runs from the trees. The proof is the looks: a stop
 * action may fail because nothing ran. Returns the proof for people. Throws NOT_QUIESCED, naming who is there.
 */
export async function stopAndProve(
  restore: Restore,
  trees: readonly WatchedTree[],
  world: StopWorld,
): Promise<string> {
  const stop = world.policy.actions.stop;
  let how = 'no stop action is set';
  let stopFailure: unknown;
  if (stop !== undefined) {
    try {
      await runAction('stop', stop, join(restore.directory, 'stop.log'));
      await restore.append({ step: 'stopped' });
      how = 'the stop action ended well';
    } catch (error) {
      if (toLifeboatError(error).code !== 'ACTION_FAILED') throw error;
      stopFailure = error;
      how = `the stop action failed (${messageOf(error)})`;
      world.log.warn({ error: messageOf(error) }, 'stop action failed; looking whether anything runs');
    }
  }
  const deadline = world.clock.monotonic() + (stop === undefined ? 0 : world.stopGraceMillis);
  for (;;) {
    const first = await scanProcesses(trees);
    if (first.findings.length === 0) {
      await sleep(world.betweenLooksMillis);
      const second = await scanProcesses(trees);
      if (second.findings.length === 0) return proofText(how, trees, second, world);
    } else if (world.clock.monotonic() >= deadline) {
      throw notQuiesced(first.findings, stopFailure);
    } else {
      await sleep(POLL_MILLIS);
    }
  }
}

function proofText(how: string, trees: readonly WatchedTree[], scan: Scan, world: StopWorld): string {
  const places = trees.map(({ root }) => root).join(', ') || 'no tree';
  const hidden = scan.hidden === 0 ? '' : ` ${scan.hidden} of other accounts could not be looked into.`;
  return (
    `${world.clock.now().toISOString()}: ${how}; twice, ${world.betweenLooksMillis} ms apart, none of ${scan.processes} processes ` +
    `had its working directory, executable, an open or a mapped file in ${places}.${hidden}`
  );
}

function notQuiesced(findings: readonly Finding[], cause: unknown): LifeboatError {
  const shown = findings
    .slice(0, SHOWN_FINDINGS)
    .map(({ pid, command, how, path }) => `process ${pid} (${command}): ${how} ${path}`);
  const more = findings.length > SHOWN_FINDINGS ? ` and ${findings.length - SHOWN_FINDINGS} more` : '';
  return new LifeboatError('NOT_QUIESCED', `still in use: ${shown.join('; ')}${more}`, {
    guidance:
      'Stop what is named (and anything that restarts it), then repeat; nothing live has been changed.',
    cause,
    context: { findings: findings.slice(0, SHOWN_FINDINGS) },
  });
}
