import { readFileSync } from 'node:fs';
import path from 'node:path';
import { runInNewContext } from 'node:vm';
import { describe, expect, it } from '@jest/globals';
import { parseAgentPolicy } from '@lifeboat/restore/agent';

import { describePlan } from './describe-plan.ts';
import { AGENT, SERVER } from './install-plan.fixture.ts';
import type { InstallPlan } from './install-plan.ts';
import { planAgent } from './plan-agent.ts';
import { planServer } from './plan-server.ts';

const UNITS = '/usr/lib/systemd/system';

describe('the plan', () => {
  it.each([
    ['lifeboat-agent.service', planAgent(AGENT), `${UNITS}/lifeboat-agent.service`],
    ['50-lifeboat-guard.conf', planAgent(AGENT), `${UNITS}/liferay.service.d/50-lifeboat-guard.conf`],
    ['lifeboat-server.service', planServer(SERVER), `${UNITS}/lifeboat-server.service`],
  ])('writes %s byte for byte', (golden, plan, place) => {
    expect(contentsOf(plan, place)).toBe(
      readFileSync(path.join(import.meta.dirname, 'golden', golden), 'utf8'),
    );
  });

  it('makes the account before the folders that belong to it', () => {
    expect(planAgent(AGENT).commands).toEqual([
      ['systemd-sysusers', 'lifeboat-agent.conf'],
      ['systemd-tmpfiles', '--create', 'lifeboat-agent.conf'],
      ['systemctl', 'daemon-reload'],
    ]);
  });

  it('makes one mount of folders that lie in each other, for renames within it', () => {
    const plan = planAgent({
      ...AGENT,
      writable: ['/opt/liferay/data/', '/opt/liferay-store', '/opt/liferay'],
    });
    const writable = contentsOf(plan, `${UNITS}/lifeboat-agent.service`).match(/^ReadWritePaths=.*$/gm);
    expect(writable).toEqual([
      'ReadWritePaths=/var/lib/lifeboat-agent',
      'ReadWritePaths=-/opt/liferay',
      'ReadWritePaths=-/opt/liferay-store',
    ]);
  });

  it.each([
    ['--home', { home: '/opt/life ray' }],
    ['--home', { home: 'liferay' }],
    ['--home', { home: '/' }],
    ['--home', { home: '/opt/..' }],
    ['--state', { state: '/var/%h' }],
    ['--state', { state: '/var/lib/x\nUser=root' }],
    ['--writable', { writable: ['-/srv'] }],
    ['--user', { user: 'root' }],
    ['--user', { user: 'life boat' }],
    ['--portal-unit', { portalUnit: 'liferay' }],
    ['--portal-unit', { portalUnit: '../liferay.service' }],
    ['--node', { node: '/usr/bin/node;id' }],
  ])('refuses what cannot stand in a unit file: %s %j', (option, wrong) => {
    expect(() => planAgent({ ...AGENT, ...wrong })).toThrow(
      expect.objectContaining({ code: 'USAGE', message: expect.stringContaining(option) }),
    );
  });

  it('can be read whole before it is carried out', () => {
    const plan = planAgent(AGENT);
    const text = describePlan(plan);
    for (const { path } of plan.files) expect(text).toContain(`write ${path} (mode 0`);
    expect(text).toContain('    ExecStartPre=+/opt/lifeboat/node');
    expect(text).toContain('run systemctl daemon-reload\n');
  });
});

describe('the first policy of a node', () => {
  it('names the roots and fixed actions, and allows no restore', () => {
    expect(parseAgentPolicy(contentsOf(planAgent(AGENT), '/usr/share/lifeboat/agent.example.yaml'))).toEqual({
      roots: ['/opt/liferay', '/mnt/documents'],
      mayRestore: false,
      priority: 'normal',
      actions: {
        stop: ['systemctl', '--no-ask-password', 'stop', 'liferay.service'],
        start: ['systemctl', '--no-ask-password', 'start', 'liferay.service'],
      },
    });
  });
});

describe('the polkit rule', () => {
  const MANAGE = 'org.freedesktop.systemd1.manage-units';

  it.each([
    ['yes', 'the agent stops the portal', MANAGE, 'lifeboat', 'liferay.service', 'stop'],
    ['yes', 'the agent starts the portal', MANAGE, 'lifeboat', 'liferay.service', 'start'],
    [undefined, 'the agent masks the portal', MANAGE, 'lifeboat', 'liferay.service', 'mask'],
    [undefined, 'the agent stops another unit', MANAGE, 'lifeboat', 'ssh.service', 'stop'],
    [undefined, 'somebody else stops the portal', MANAGE, 'www-data', 'liferay.service', 'stop'],
    [
      undefined,
      'the agent does something else',
      'org.freedesktop.login1.reboot',
      'lifeboat',
      'liferay.service',
      'stop',
    ],
  ])('says %s when %s', (answer, _, id, user, unit, verb) => {
    const rule = contentsOf(planAgent(AGENT), '/usr/share/polkit-1/rules.d/50-lifeboat-agent.rules');
    type Rule = (action: object, subject: object) => unknown;
    const rules: Rule[] = [];
    const polkit = { addRule: (added: Rule) => rules.push(added), Result: { YES: 'yes' } };
    runInNewContext(rule, { polkit });
    const details: Record<string, string> = { unit, verb };
    expect(rules.map((ask) => ask({ id, lookup: (key: string) => details[key] }, { user }))).toEqual([
      answer,
    ]);
  });
});

function contentsOf(plan: InstallPlan, path: string): string {
  return plan.files.find((file) => file.path === path)!.contents;
}
