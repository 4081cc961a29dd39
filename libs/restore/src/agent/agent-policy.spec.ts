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
      actions: {
        stop: ['systemctl', 'stop', 'liferay'],
        start: ['systemctl', 'start', 'liferay'],
        health: { url: 'http://127.0.0.1:8080/', timeoutSeconds: 60 },
      },
    });
  });

  it('allows no restore unless it says so', () => {
    expect(parseAgentPolicy('roots: [/opt/liferay]').mayRestore).toBe(false);
  });

  it.each([
    ['mayRestor', 'roots: [/a]\nmayRestor: true'],
    ['restart', 'roots: [/a]\nactions: { restart: [x] }'],
    ['retries', 'roots: [/a]\nactions: { health: { url: "http://x/", retries: 3 } }'],
    ['roots', 'mayRestore: true'],
    ['roots', 'roots: [opt/liferay]'],
    ['roots', 'roots: [/opt/../etc]'],
    ['mayRestore', 'roots: [/a]\nmayRestore: "yes"'],
    ['actions.stop', 'roots: [/a]\nactions: { stop: systemctl stop liferay }'],
    ['actions.health.url', 'roots: [/a]\nactions: { health: { url: "file:///etc/passwd" } }'],
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
