import { demandAccount, demandPath, demandService } from './demand.ts';
import type { InstallPlan, Programs } from './install-plan.ts';
import { commandOf } from './install-plan.ts';
import { outermost } from './outermost.ts';
import { account, launcher, stateFolder } from './units/account.ts';
import { agentPolicy } from './units/agent-policy.ts';
import { agentUnit } from './units/agent-unit.ts';
import { guardDropIn } from './units/guard-drop-in.ts';
import { portalRule } from './units/portal-rule.ts';

export interface AgentInstall extends Programs {
  /** Directory of the agent's state. */
  readonly state: string;
  /** Liferay Home. */
  readonly home: string;
  /** Further folders that a restore may write: a document store or an application server outside Home. */
  readonly writable: readonly string[];
  /** The portal's own unit: guarded, and the only one that the agent may stop and start. */
  readonly portalUnit: string;
  /** Unprivileged account, made when absent. */
  readonly user: string;
}

/** The agent on a node, beside the portal. Throws USAGE for values that cannot stand in a unit file. */
export function planAgent(options: AgentInstall): InstallPlan {
  const state = demandPath('--state', options.state);
  const user = demandAccount('--user', options.user);
  const portalUnit = demandService('--portal-unit', options.portalUnit);
  const roots = outermost([
    demandPath('--home', options.home),
    ...options.writable.map((folder) => demandPath('--writable', folder)),
  ]);
  const command = commandOf(
    { node: demandPath('--node', options.node), lifeboat: demandPath('--lifeboat', options.lifeboat) },
    'agent',
  );
  const template = '/usr/share/lifeboat/agent.example.yaml';
  const file = (path: string, contents: string, mode = 0o644) => ({ path, mode, contents });
  return {
    files: [
      file('/usr/bin/lifeboat-agent', launcher(command), 0o755),
      file(
        '/usr/lib/sysusers.d/lifeboat-agent.conf',
        account({ user, home: state, title: 'Lifeboat agent' }),
      ),
      file(
        '/usr/lib/tmpfiles.d/lifeboat-agent.conf',
        stateFolder({
          user,
          folder: state,
          config: { file: `${state}/agent.yaml`, template, mode: '0600', owner: user },
        }),
      ),
      file(template, agentPolicy({ roots, portalUnit })),
      file('/usr/lib/systemd/system/lifeboat-agent.service', agentUnit({ command, state, user, roots })),
      file(`/usr/lib/systemd/system/${portalUnit}.d/50-lifeboat-guard.conf`, guardDropIn({ command, state })),
      file('/usr/share/polkit-1/rules.d/50-lifeboat-agent.rules', portalRule({ user, portalUnit })),
    ],
    commands: [
      ['systemd-sysusers', 'lifeboat-agent.conf'],
      ['systemd-tmpfiles', '--create', 'lifeboat-agent.conf'],
      ['systemctl', 'daemon-reload'],
    ],
  };
}
