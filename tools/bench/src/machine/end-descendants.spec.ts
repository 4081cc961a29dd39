import { describe, expect, it } from '@jest/globals';
import { startProcess, waitUntil } from '@lifeboat/testkit';

import { endDescendants } from './end-descendants.ts';
import { descendantsOf } from './process-figures.ts';

describe('endDescendants', () => {
  it('ends children, their children in sessions of their own, and who does not listen', async () => {
    const script = 'setsid sleep 600 & sleep 600 & (trap "" TERM INT; while :; do sleep 0.1; done) & wait';
    const root = startProcess('sh', ['-c', script]);
    const started = () => (descendantsOf(root.pid).length >= 3 ? descendantsOf(root.pid) : undefined);
    const pids = await waitUntil('the family', started);
    await endDescendants(root.pid, 300);
    expect(pids.filter((pid) => isThere(pid))).toEqual([]);
    await root.end('SIGKILL');
  });
});

function isThere(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}
