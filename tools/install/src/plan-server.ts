import { demandAccount, demandPath } from './demand.ts';
import type { InstallPlan, Programs } from './install-plan.ts';
import { commandOf } from './install-plan.ts';
import { outermost } from './outermost.ts';
import { account, launcher, stateFolder } from './units/account.ts';
import { serverConfig } from './units/server-config.ts';
import { serverUnit } from './units/server-unit.ts';

export interface ServerInstall extends Programs {
  /** Everything of the server lies below it. */
  readonly data: string;
  /** Further folders that the server may write: a vault elsewhere. */
  readonly writable: readonly string[];
  /** Unprivileged account, made when absent. */
  readonly user: string;
}

/** The central server, and the operator's command beside it. Throws USAGE as `planAgent` does. */
export function planServer(options: ServerInstall): InstallPlan {
  const data = demandPath('--data', options.data);
  const user = demandAccount('--user', options.user);
  const writable = outermost([data, ...options.writable.map((folder) => demandPath('--writable', folder))]);
  const programs = {
    node: demandPath('--node', options.node),
    lifeboat: demandPath('--lifeboat', options.lifeboat),
  };
  const template = '/usr/share/lifeboat/server.example.yaml';
  const config = '/etc/lifeboat/server.yaml';
  const file = (path: string, contents: string, mode = 0o644) => ({ path, mode, contents });
  return {
    files: [
      file('/usr/bin/lifeboat', launcher(commandOf(programs, 'cli')), 0o755),
      file(
        '/usr/lib/sysusers.d/lifeboat-server.conf',
        account({ user, home: data, title: 'Lifeboat server' }),
      ),
      file(
        '/usr/lib/tmpfiles.d/lifeboat-server.conf',
        stateFolder({ user, folder: data, config: { file: config, template, mode: '0640', owner: 'root' } }),
      ),
      file(template, serverConfig()),
      file(
        '/usr/lib/systemd/system/lifeboat-server.service',
        serverUnit({ command: commandOf(programs, 'server'), config, data, user, writable }),
      ),
    ],
    commands: [
      ['systemd-sysusers', 'lifeboat-server.conf'],
      ['systemd-tmpfiles', '--create', 'lifeboat-server.conf'],
      ['systemctl', 'daemon-reload'],
    ],
  };
}
