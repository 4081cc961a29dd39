import { describe, expect, it } from '@jest/globals';
import { parseAgentPolicy } from './agent-policy.ts';

describe('the policy file', () => {
  it('is read as it is documented', () => {
    const text = `
roots: [/opt/liferay, /mnt/share]
mayRestore: true
actions: { stop: [systemctl, stop, liferay], start: [systemctl, start, liferay], health: { url: "http://127.0.0.1:8080/", timeoutSeconds: 60 } }
`;
    expect(parseAgentPolicy(text)).toEqual({
      roots: ['/opt/liferay', '/mnt/share'],
      mayRestore: true,
      priority: 'normal',
      actions: {
        stop: ['systemctl', 'stop', 'liferay'],
        start: ['systemctl', 'start', 'liferay'],
        health: { url: 'http://127.0.0.1:8080/', timeoutSeconds: 60 },
      },
    });
  });

  it('may bound the bandwidth by the time of the day, also across midnight', () => {
    const text = `
roots: [/opt/liferay]
bandwidth:
  limit: 20MiB/s
  schedule:
    - { from: "08:00", to: "18:00", limit: 1.5 MB/s }
    - { from: "22:30", to: "05:00", limit: unlimited }
`;
    expect(parseAgentPolicy(text).bandwidth).toEqual({
      limit: 20 * 1024 * 1024,
      windows: [
        { from: 480, to: 1080, limit: 1_500_000 },
        { from: 1350, to: 300, limit: Infinity },
      ],
    });
  });

  it('allows no restore unless it says so', () => {
    expect(parseAgentPolicy('roots: [/opt/liferay]').mayRestore).toBe(false);
  });

  it('may give way to everybody else, unless the portal would do so too', () => {
    const start = 'actions: { start: [/bin/systemctl, start, liferay] }';
    expect(parseAgentPolicy(`roots: [/a]\npriority: low\n${start}`).priority).toBe('low');
  });

  it.each([
    ['mayRestor', 'roots: [/a]\nmayRestor: true'],
    ['restart', 'roots: [/a]\nactions: { restart: [x] }'],
    ['retries', 'roots: [/a]\nactions: { health: { url: "http://x/", retries: 3 } }'],
    ['priority', 'roots: [/a]\npriority: idle'],
    ['priority', 'roots: [/a]\npriority: low\nactions: { start: [/opt/tomcat/bin/catalina.sh, start] }'],
    ['roots', 'mayRestore: true'],
    ['roots', 'roots: [opt/liferay]'],
    ['roots', 'roots: [/opt/../etc]'],
    ['mayRestore', 'roots: [/a]\nmayRestore: "yes"'],
    ['actions.stop', 'roots: [/a]\nactions: { stop: systemctl stop liferay }'],
    ['actions.health.url', 'roots: [/a]\nactions: { health: { url: "file:///etc/passwd" } }'],
    ...[
      ['bandwidth.limit', '{ limit: 20 }'],
      ['bandwidth.limit', '{ limit: 20Mbit/s }'],
      ['bandwidth.limit', '{ limit: 1kB/s }'],
      ['bandwidth: limits', '{ limits: 20MiB/s }'],
      ['bandwidth.schedule', '{ schedule: { from: "08:00", to: "09:00", limit: 1MB/s } }'],
      ['bandwidth.schedule[0].from', '{ schedule: [{ from: 8:00, to: "09:00", limit: 1MB/s }] }'],
      ['bandwidth.schedule[0].to', '{ schedule: [{ from: "08:00", to: "24:00", limit: 1MB/s }] }'],
      ['bandwidth.schedule[0].limit', '{ schedule: [{ from: "08:00", to: "09:00" }] }'],
      ['bandwidth.schedule[1]', '{ schedule: [{ from: "08:00", to: "09:00", limit: 1MB/s }, 5] }'],
      ['bandwidth.schedule[0]', '{ schedule: [{ from: "08:00", to: "08:00", limit: 1MB/s }] }'],
    ].map(([key, text]) => [key!, `roots: [/a]\nbandwidth: ${text}`] as const),
    [
      'actions.health.timeoutSeconds',
      'roots: [/a]\nactions: { health: { url: "http://x/", timeoutSeconds: 0 } }',
    ],
  ])('is refused with the key named: %s', (key, text) => {
    expect(() => parseAgentPolicy(text)).toThrow(
      expect.objectContaining({ code: 'USAGE', message: expect.stringContaining(key) }),
    );
  });
});
