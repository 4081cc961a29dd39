import { describe, expect, it } from '@jest/globals';
import { memoryPack } from '../testing/memory-pack.ts';
import type { PackToVerify } from './proof-lane.ts';
import { ProofWorkers } from './proof-workers.ts';

const PACK = memoryPack([Buffer.from('first'), Buffer.from('second')]);

const packToVerify = (changes: Partial<PackToVerify> = {}): PackToVerify => ({
  name: PACK.name,
  file: undefined,
  bytes: PACK,
  keys: PACK.keys,
  ...changes,
});

const workersOf = (code: string): ProofWorkers =>
  new ProofWorkers({ size: 1, script: new URL(`data:text/javascript,${encodeURIComponent(code)}`) });

describe('a proof thread', () => {
  it('asks for bytes and keys, and gives the verdict', async () => {
    const workers = new ProofWorkers({ size: 1 });
    expect(workers.size).toBe(1);
    for (let turn = 0; turn < 2; turn += 1) {
      expect((await workers.verify(packToVerify())).findings).toEqual([]);
    }
    await workers.end();
  });

  it('is given the reason why bytes or keys could not be got, and passes it on', async () => {
    const workers = new ProofWorkers({ size: 1 });
    const away = async (): Promise<never> => Promise.reject(new Error('no answer'));
    for (const changes of [
      { bytes: { ...PACK, size: away } },
      { bytes: { ...PACK, read: away } },
      { keys: { ...PACK.keys, session: away } },
    ])
      await expect(workers.verify(packToVerify(changes))).rejects.toThrow('no answer');
    expect((await workers.verify(packToVerify())).findings).toEqual([]);
    await workers.end();
  });

  it.each([
    ['by itself', 'process.exit(3)'],
    ['of what it threw', 'throw new Error("bad start")'],
  ])('that dies %s fails the pack, and the next pack starts another', async (_, code) => {
    const workers = workersOf(code);
    for (let turn = 0; turn < 2; turn += 1)
      await expect(workers.verify(packToVerify())).rejects.toMatchObject({
        code: 'INTERNAL',
        message: expect.stringContaining('a proof worker died'),
      });
    await workers.end();
  });
});
