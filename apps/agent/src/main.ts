import { LifeboatError } from '@lifeboat/kernel';
import { loadAgentPolicy, readGuard, RestoreAgent } from '@lifeboat/restore/agent';
import { createLog, exitWith, onStop, systemClock } from '@lifeboat/runtime';
import { Command } from 'commander';

import { AgentState } from './agent-state.ts';
import { diagnosisText, examine } from './doctor/examine.ts';
import { runAgent } from './run-agent.ts';

const DEFAULT_STATE = '/var/lib/lifeboat-agent';

const program = new Command('lifeboat-agent').description(
  'The part of Lifeboat that runs on every node of a cluster.',
);

program
  .command('join')
  .description('join a cluster with a single-use token')
  .requiredOption('--server <url>', 'https://HOST:9440')
  .requiredOption('--token <token>', 'from lifeboat node token; - reads it from standard input')
  .option('--state <directory>', 'state of this agent', DEFAULT_STATE)
  .option('--home <directory>', 'Liferay Home of this node')
  .action(async (options: { server: string; token: string; state: string; home?: string }) => {
    const token = options.token === '-' ? await readStandardInput() : options.token;
    // Only here: a running agent has no use for the console API's schemas.
    const { joinCluster } = await import('./join/join-cluster.ts');
    const joined = await joinCluster({ ...options, token, home: options.home });
    process.stdout.write(
      `joined cluster ${joined.cluster} as ${joined.node}; its agent dials ${joined.grpc}\n`,
    );
  });

program
  .command('run')
  .description('serve the cluster until stopped')
  .option('--state <directory>', 'state of this agent', DEFAULT_STATE)
  .option('--log-level <level>', 'debug, info, warn or error', 'info')
  .action(async (options: { state: string; logLevel: string }) => {
    const log = createLog({ name: 'lifeboat-agent', level: options.logLevel });
    const abort = new AbortController();
    const running = runAgent(options.state, log, abort.signal);
    onStop(log, () => {
      abort.abort();
      return running;
    });
    await running;
  });

program
  .command('doctor')
  .description('show what was found on this node, and from where')
  .option('--state <directory>', 'state of this agent', DEFAULT_STATE)
  .option('--json', 'one JSON value on standard output')
  .action(async (options: { state: string; json?: boolean }) => {
    const diagnosis = await examine(options.state);
    process.stdout.write(options.json ? `${JSON.stringify(diagnosis)}\n` : diagnosisText(diagnosis));
    process.exitCode = diagnosis.ok ? 0 : 1;
  });

program
  .command('guard')
  .description('exit 1 while a restore keeps the portal down (ExecStartPre of its unit)')
  .option('--state <directory>', 'state of this agent', DEFAULT_STATE)
  .action(async (options: { state: string }) => {
    const guard = await readGuard(options.state);
    if (guard === undefined) return;
    throw new LifeboatError(
      'IN_DOUBT',
      `restore ${guard.restore} keeps the portal down since ${guard.since}`,
      {
        guidance: 'It is lifted when the restore has ended: lifeboat restore show tells how far it is.',
      },
    );
  });

program
  .command('decide')
  .description('with the server gone: go the way that a signed decision says')
  .requiredOption('--decision <file>', 'the decision, from the vault or from another node')
  .option('--state <directory>', 'state of this agent', DEFAULT_STATE)
  .action(async (options: { decision: string; state: string }) => {
    const state = new AgentState(options.state);
    const log = createLog({ name: 'lifeboat-agent' });
    const restores = new RestoreAgent({
      stateDir: state.directory,
      policy: await loadAgentPolicy(state.policyFile),
      download: () => {
        throw new LifeboatError('UNREACHABLE', 'a decision is carried out without the server');
      },
      log,
      clock: systemClock,
    });
    await restores.replay();
    const { record } = await restores.decideFromFile(options.decision);
    process.stdout.write(`restore ${record.restore}: ${record.decision} done on this node\n`);
  });

try {
  await program.parseAsync();
} catch (error) {
  exitWith(error);
}

async function readStandardInput(): Promise<string> {
  const parts: Buffer[] = [];
  for await (const part of process.stdin) parts.push(part as Buffer);
  return Buffer.concat(parts).toString('utf8').trim();
}
