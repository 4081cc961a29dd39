import { describe, expect, it } from '@jest/globals';
import { RunningLoads } from './running-loads.ts';

const NEVER = new AbortController().signal;

/** Runs until its signal ends it, and takes a while to end. */
const untilAborted = (log: string[]) => (signal: AbortSignal) =>
  new Promise<string>((_resolve, reject) => {
    signal.addEventListener('abort', () =>
      setImmediate(() => {
        log.push('ended');
        reject(new Error('cancelled'));
      }),
    );
  });

describe('loads under way', () => {
  it('answer what they come to', async () => {
    expect(await new RunningLoads().run('r', NEVER, async () => 'loaded')).toBe('loaded');
  });

  it('are over when their end was asked for', async () => {
    const [loads, log]: [RunningLoads, string[]] = [new RunningLoads(), []];
    const loading = loads.run('r', NEVER, untilAborted(log));
    loading.catch(() => undefined);
    await new Promise(setImmediate);
    await loads.end('r');
    expect(log).toEqual(['ended']);
    await expect(loading).rejects.toThrow('cancelled');
    await loads.end('r');
    await loads.end('another');
  });

  it('of one restore never run side by side', async () => {
    const [loads, log]: [RunningLoads, string[]] = [new RunningLoads(), []];
    const first = loads.run('r', NEVER, untilAborted(log));
    first.catch(() => undefined);
    await new Promise(setImmediate);
    expect(await loads.run('r', NEVER, async () => log.push('second'))).toBe(2);
    expect(log).toEqual(['ended', 'second']);
  });

  it('end with their command', async () => {
    const abort = new AbortController();
    const loading = new RunningLoads().run('r', abort.signal, untilAborted([]));
    await new Promise(setImmediate);
    abort.abort();
    await expect(loading).rejects.toThrow('cancelled');
  });
});
