import { variablesOf } from '../programs.ts';
import { HARDENING } from './hardening.ts';

export interface AgentUnit {
  readonly command: string;
  readonly state: string;
  readonly user: string;
  /** What a restore may write. */
  readonly roots: readonly string[];
}

/** Each with what would fail without it, as a node's files belong to the portal's account and to others. */
const CAPABILITIES = [
  [
    'CAP_DAC_READ_SEARCH',
    'reads the files of every owner; a node that is only backed up needs this and the last one',
  ],
  ['CAP_DAC_OVERRIDE', "stages and switches a restore in the portal's folders"],
  ['CAP_CHOWN', 'gives restored files back to their owners'],
  [
    'CAP_FOWNER',
    "sets modes, times and ACLs of other owners' files, and links to them (protected_hardlinks)",
  ],
  ['CAP_FSETID', 'keeps the set-group-id bit of folders whose group is not ours'],
  [
    'CAP_SYS_PTRACE',
    "reads the portal's environment, working directory and open files in /proc: proves it stopped",
  ],
] as const;

export const AGENT_CAPABILITIES: readonly string[] = CAPABILITIES.map(([name]) => name);

/** The agent's unit: an unprivileged account that may read and give back files of others, and little else. */
export function agentUnit({ command, state, user, roots }: AgentUnit): string {
  return `[Unit]
Description=Lifeboat agent: backs up and restores this node
# Shared document stores are mounted before it looks for them.
After=network-online.target remote-fs.target
Wants=network-online.target

[Service]
Type=exec
User=${user}
${variablesOf('agent')
  .map((variable) => `Environment=${variable}`)
  .join('\n')}
ExecStart=${command} run --state ${state}
Restart=always
RestartSec=5
# 2: not joined yet, or agent.yaml is wrong. 4: refused (revoked, cloned, of another cluster). Trying again is
# pointless until somebody has acted.
RestartPreventExitStatus=2 4
# Only the agent is asked to stop, and ends its children in order; it gives itself 30 seconds.
KillMode=mixed
TimeoutStopSec=45
UMask=0077

${CAPABILITIES.map(([name, why]) => `# ${name}: ${why}.`).join('\n')}
CapabilityBoundingSet=${AGENT_CAPABILITIES.join(' ')}
AmbientCapabilities=${AGENT_CAPABILITIES.join(' ')}

ReadWritePaths=${state}
# A root that is lost must not keep the agent from starting (-): it is what brings it back.
${roots.map((root) => `ReadWritePaths=-${root}`).join('\n')}

# Not RestrictSUIDSGID: restored folders may carry the set-group-id bit. Not ProtectProc: see CAP_SYS_PTRACE.
${HARDENING}

[Install]
WantedBy=multi-user.target
`;
}
