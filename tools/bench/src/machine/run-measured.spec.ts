import { describe, expect, it } from '@jest/globals';

import { runMeasured } from './run-measured.ts';

describe('runMeasured', () => {
  it('tells of a process how much memory and processor it took, and what it said', async () => {
    const script = `
      const held = Buffer.alloc(150_000_000, 1);
      const until = performance.now() + 600;
      while (performance.now() < until);
      console.log(held.length);`;
    const run = await runMeasured(process.execPath, ['-e', script]);
    expect(run).toMatchObject({ code: 0, stdout: '150000000\n' });
    expect(run.resident).toBeGreaterThan(150_000_000);
    expect(run.cpu).toBeGreaterThan(0);
  });
});
