import type { AgentInstall } from './plan-agent.ts';
import type { ServerInstall } from './plan-server.ts';

const PROGRAMS = { node: '/opt/lifeboat/node', lifeboat: '/opt/lifeboat' };

export const AGENT: AgentInstall = {
  ...PROGRAMS,
  state: '/var/lib/lifeboat-agent',
  home: '/opt/liferay',
  writable: ['/mnt/documents'],
  portalUnit: 'liferay.service',
  user: 'lifeboat',
};

export const SERVER: ServerInstall = {
  ...PROGRAMS,
  data: '/var/lib/lifeboat-server',
  writable: ['/srv/vault'],
  user: 'lifeboat-server',
};
