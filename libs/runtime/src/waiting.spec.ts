import { describe, expect, it } from '@jest/globals';
import { Backoff, Deferred, Metrics, Semaphore, sleep } from './index.ts';

describe('Semaphore', () => {
  it('lets in no more than its size, first come first served, and survives failures', async () => {
    const semaphore = new Semaphore(2);
    const gates = Array.from({ length: 5 }, () => new Deferred());
    const started: number[] = [];
    const all = gates.map((gate, index) =>
      semaphore.run(async () => {
        started.push(index);
        await gate.promise;
      }),
    );
    const settled = Promise.allSettled(all);
    await Promise.resolve();
    expect(started).toEqual([0, 1]);
    gates[1]!.reject(new Error('failed'));
    await expect(all[1]).rejects.toThrow('failed');
    expect(started).toEqual([0, 1, 2]);
    for (const gate of gates) gate.resolve();
    await settled;
    expect(started).toEqual([0, 1, 2, 3, 4]);
  });

  it('takes a place back only once', async () => {
    const semaphore = new Semaphore(1);
    const release = await semaphore.acquire();
    release();
    release();
    await semaphore.acquire();
    let second = false;
    void semaphore.acquire().then(() => (second = true));
    await new Promise((resolve) => setImmediate(resolve));
    expect(second).toBe(false);
  });
});

describe('Backoff', () => {
  it('draws from bounds that double up to the largest, and begins again after a reset', () => {
    const backoff = new Backoff({ baseMillis: 100, maxMillis: 500, random: () => 0.5 });
    expect([1, 2, 3, 4, 5].map(() => backoff.next())).toEqual([50, 100, 200, 250, 250]);
    backoff.reset();
    expect(backoff.next()).toBe(50);
  });
});

describe('sleep', () => {
  it('ends at once as CANCELLED when aborted, before or during', async () => {
    const cancelled = expect.objectContaining({ code: 'CANCELLED' }) as unknown as Error;
    const controller = new AbortController();
    const sleeping = sleep(3_600_000, controller.signal);
    controller.abort();
    await expect(sleeping).rejects.toThrow(cancelled);
    await expect(sleep(3_600_000, controller.signal)).rejects.toThrow(cancelled);
    await sleep(1);
  });
});

describe('Deferred', () => {
  it('keeps its first settlement', async () => {
    const deferred = new Deferred<number>();
    expect(deferred.settled).toBe(false);
    deferred.resolve(1);
    deferred.reject(new Error('late'));
    expect(deferred.settled).toBe(true);
    expect(await deferred.promise).toBe(1);
  });
});

describe('Metrics', () => {
  it('tells counters, gauges and histograms of one registry in the Prometheus format', async () => {
    const metrics = new Metrics();
    metrics.counter('frames_total', 'Frames received.', ['cluster']).inc({ cluster: 'portal' }, 3);
    metrics.gauge('nodes_connected', 'Nodes with a session.').set(2);
    metrics.histogram('seal_seconds', 'Time to seal.', [], [1, 10]).observe(5);
    const text = await metrics.text();
    expect(text).toContain('lifeboat_frames_total{cluster="portal"} 3');
    expect(text).toContain('lifeboat_nodes_connected 2');
    expect(text).toContain('lifeboat_seal_seconds_bucket{le="10"} 1');
    expect(await new Metrics().text()).not.toContain('frames_total');
  });
});
