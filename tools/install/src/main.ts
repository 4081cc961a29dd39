import path from 'node:path';
import { LifeboatError } from '@lifeboat/kernel';
import { exitWith } from '@lifeboat/runtime';
import { Command } from 'commander';

import { carryOut } from './carry-out.ts';
import { demandRootOwned } from './demand-root-owned.ts';
import { describePlan } from './describe-plan.ts';
import { programOf, type InstallPlan, type Programs } from './install-plan.ts';
import { planAgent, type AgentInstall } from './plan-agent.ts';
import { planServer, type ServerInstall } from './plan-server.ts';

interface Manner {
  readonly root?: string;
  readonly dryRun?: boolean;
}

const program = new Command('install').description(
  'Writes the systemd units, accounts and example configuration of Lifeboat. Doing it again does no harm.',
);

withCommonOptions(program.command('agent'))
  .description('the agent of a node, and the start guard of its portal')
  .requiredOption('--home <directory>', 'Liferay Home')
  .requiredOption('--portal-unit <unit>', "the portal's own unit, such as liferay.service")
  .option('--state <directory>', 'state of the agent', '/var/lib/lifeboat-agent')
  .option('--writable <directories...>', 'further folders that a restore may write', [])
  .option('--user <account>', 'account of the agent, made when absent', 'lifeboat')
  .action((options: AgentInstall & Manner) => install(planAgent(options), options));

withCommonOptions(program.command('server'))
  .description('the central server, and the operator command beside it')
  .option('--data <directory>', 'everything of the server lies below it', '/var/lib/lifeboat-server')
  .option('--writable <directories...>', 'further folders that the server may write', [])
  .option('--user <account>', 'account of the server, made when absent', 'lifeboat-server')
  .action((options: ServerInstall & Manner) => install(planServer(options), options));

try {
  await program.parseAsync();
} catch (error) {
  exitWith(error);
}

function withCommonOptions(command: Command): Command {
  return command
    .option('--dry-run', 'print what would be done, and do nothing')
    .option('--root <directory>', 'write the files below this directory, for an image; run nothing')
    .option('--node <file>', 'the Node that runs Lifeboat', process.execPath)
    .option('--lifeboat <directory>', 'the checkout', path.resolve(import.meta.dirname, '../../..'));
}

async function install(
  plan: InstallPlan,
  { root, dryRun, node, lifeboat }: Manner & Programs,
): Promise<void> {
  if (dryRun === true) {
    process.stdout.write(describePlan(plan));
    return;
  }
  if (root === undefined) {
    demandRoot();
    await demandRootOwned([node, programOf(lifeboat, 'agent')]);
  }
  const { written, unchanged } = await carryOut(plan, root);
  for (const place of written) process.stdout.write(`written    ${place}\n`);
  for (const place of unchanged) process.stdout.write(`unchanged  ${place}\n`);
  for (const argv of plan.commands) {
    process.stdout.write(`${root === undefined ? 'done      ' : 'to be run '} ${argv.join(' ')}\n`);
  }
}

function demandRoot(): void {
  if (process.getuid?.() === 0) return;
  throw new LifeboatError('NOT_AUTHORISED', 'accounts and units are installed by root only', {
    guidance:
      'Run it with sudo, look first with --dry-run, or write the files elsewhere with --root DIRECTORY.',
  });
}
