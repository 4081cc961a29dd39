export interface AgentPolicyTemplate {
  readonly roots: readonly string[];
  readonly portalUnit: string;
}

/** The policy that a new node begins with: it is backed up, and nobody may restore it. */
export function agentPolicy({ roots, portalUnit }: AgentPolicyTemplate): string {
  return `# What the agent of this node may touch. The server cannot change it; restart lifeboat-agent after a change.
# A restore can write only what ReadWritePaths of lifeboat-agent.service names too: after a change of roots run the
# installation again with --home and --writable.
roots:
${roots.map((root) => `  - ${root}`).join('\n')}

# true allows a restore of this node.
mayRestore: false

# Fixed commands, run without a shell as the agent's own account; polkit lets it stop and start this unit only.
actions:
  stop: [systemctl, --no-ask-password, stop, ${portalUnit}]
  start: [systemctl, --no-ask-password, start, ${portalUnit}]
  # Asked after a start, until it answers with a 2xx status:
  # health: { url: "http://127.0.0.1:8080/c/portal/layout", timeoutSeconds: 600 }

# How fast it may send what it backs up, by the time of the day:
# bandwidth: { limit: 20MiB/s, schedule: [{ from: "08:00", to: "18:00", limit: 5MiB/s }] }
# low lets every other process of this node go first:
# priority: normal
`;
}
