import { Command } from 'commander';
import type { Cli } from './cli.ts';
import { auditList } from './commands/audit-list.ts';
import { backupRun } from './commands/backup-run.ts';
import { clusterApply } from './commands/cluster-apply.ts';
import { clusterList } from './commands/cluster-list.ts';
import { clusterShow } from './commands/cluster-show.ts';
import { nodeList } from './commands/node-list.ts';
import { nodeRevoke } from './commands/node-revoke.ts';
import { nodeShow } from './commands/node-show.ts';
import { nodeToken } from './commands/node-token.ts';
import { policyRemove } from './commands/policy-remove.ts';
import { policySet } from './commands/policy-set.ts';
import { policyShow } from './commands/policy-show.ts';
import { policySimulate } from './commands/policy-simulate.ts';
import { restoreFinalize } from './commands/restore-finalize.ts';
import { restoreList } from './commands/restore-list.ts';
import { restorePlan } from './commands/restore-plan.ts';
import { restoreRollBack } from './commands/restore-roll-back.ts';
import { restoreRun } from './commands/restore-run.ts';
import { restoreShow } from './commands/restore-show.ts';
import { scheduleRemove } from './commands/schedule-remove.ts';
import { scheduleSet } from './commands/schedule-set.ts';
import { scheduleShow } from './commands/schedule-show.ts';
import { setBrowse } from './commands/set-browse.ts';
import { setCancel } from './commands/set-cancel.ts';
import { setAcknowledge } from './commands/set-acknowledge.ts';
import { setDelete } from './commands/set-delete.ts';
import { setDiff } from './commands/set-diff.ts';
import { setList } from './commands/set-list.ts';
import { setPin } from './commands/set-pin.ts';
import { setShow } from './commands/set-show.ts';
import { setStatement } from './commands/set-statement.ts';
import { setUnpin } from './commands/set-unpin.ts';
import { vaultCheck } from './commands/vault-check.ts';
import { vaultList } from './commands/vault-list.ts';
import { vaultProve } from './commands/vault-prove.ts';
import { vaultPrune } from './commands/vault-prune.ts';
import { vaultRecoveryKit } from './commands/vault-recovery-kit.ts';
import { vaultRepair } from './commands/vault-repair.ts';
import { vaultReindex } from './commands/vault-reindex.ts';
import { vaultRestore } from './commands/vault-restore.ts';
import { vaultRotateKeys } from './commands/vault-rotate-keys.ts';
import { vaultShow } from './commands/vault-show.ts';

type MakeCommand = (cli: Cli) => Command;

/** The whole command line, noun by noun (design: fixed outside contracts). */
const NOUNS: Record<string, { readonly about: string; readonly verbs: readonly MakeCommand[] }> = {
  cluster: { about: 'what is protected', verbs: [clusterApply, clusterList, clusterShow] },
  node: { about: 'the hosts of a cluster', verbs: [nodeToken, nodeList, nodeShow, nodeRevoke] },
  backup: { about: 'take sets', verbs: [backupRun] },
  set: {
    about: 'the sets there are',
    verbs: [
      setList,
      setShow,
      setStatement,
      setBrowse,
      setDiff,
      setAcknowledge,
      setCancel,
      setDelete,
      setPin,
      setUnpin,
    ],
  },
  schedule: { about: 'when sets are taken', verbs: [scheduleSet, scheduleShow, scheduleRemove] },
  policy: { about: 'how long sets are kept', verbs: [policySet, policyShow, policySimulate, policyRemove] },
  restore: {
    about: 'bring a cluster back',
    verbs: [restorePlan, restoreRun, restoreList, restoreShow, restoreRollBack, restoreFinalize],
  },
  vault: {
    about: 'where the bytes are',
    verbs: [
      vaultShow,
      vaultCheck,
      vaultProve,
      vaultPrune,
      vaultRepair,
      vaultReindex,
      vaultRotateKeys,
      vaultList,
      vaultRestore,
      vaultRecoveryKit,
    ],
  },
  audit: { about: 'who did what', verbs: [auditList] },
};

const EXIT_CODES = `
Exit codes: 0 done, 1 failed, 2 usage, 3 finished with a guarantee other than consistent, 4 refused,
5 not found, 6 conflict, 7 server not reachable.`;

export function createProgram(cli: Cli): Command {
  const program = new Command('lifeboat')
    .description('Cluster-consistent backup and coordinated restore for Liferay DXP')
    .version('0.1.0')
    .option('--json', 'print one JSON value on standard output, and nothing else there')
    .option('--url <url>', 'https://HOST:9440 of the server (or LIFEBOAT_URL)')
    .option('--token <token>', 'visible to other users of this host: prefer --token-file (or LIFEBOAT_TOKEN)')
    .option('--token-file <file>', 'file that holds the token (or LIFEBOAT_TOKEN_FILE)')
    .option('--ca <file>', 'PEM of the authority of the server’s certificate (or LIFEBOAT_CA)')
    .addHelpText('after', EXIT_CODES);
  for (const [noun, { about, verbs }] of Object.entries(NOUNS)) {
    const command = new Command(noun).description(about);
    for (const verb of verbs) command.addCommand(verb(cli));
    program.addCommand(command);
  }
  throwInsteadOfExit(program);
  return program;
}

/** Commander would print and exit by itself; errors have one way out, and exit code 2. */
function throwInsteadOfExit(command: Command): void {
  command
    .exitOverride()
    .configureOutput({ outputError: () => undefined })
    .configureHelp({ showGlobalOptions: true });
  command.commands.forEach(throwInsteadOfExit);
}
