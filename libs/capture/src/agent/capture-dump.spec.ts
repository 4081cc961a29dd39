import { Readable } from 'node:stream';
import { afterAll, afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import type { Dump } from '@lifeboat/database';
import { LifeboatError } from '@lifeboat/kernel';

import { captureDump } from './capture-dump.ts';
import { Scene } from './test-trees.ts';
import { WorkerPool } from './worker-pool.ts';

const workers = new WorkerPool(1);
let scene: Scene;

beforeEach(() => {
  scene = new Scene(workers);
});
afterEach(() => scene.remove());
afterAll(() => workers.close());

function dumpOf(bytes: Iterable<Buffer>, done: Dump['done']): Dump {
  done.catch(() => undefined);
  return {
    stream: Readable.from(bytes),
    secondLook: Promise.resolve(undefined),
    goOn: () => undefined,
    done,
    cancel: async () => undefined,
  };
}

function capture(dump: Dump, upload = scene.options.upload) {
  const { tree: _tree, stateDir: _stateDir, signal: _signal, ...options } = scene.options;
  return captureDump(dump, { ...options, upload }).finished;
}

describe('a captured dump that fails', () => {
  it('tells why it could not be sent, not that its stream was closed', async () => {
    const done = Promise.withResolvers<never>();
    function* endless(): Generator<Buffer> {
      try {
        for (;;) yield Buffer.alloc(1 << 20, 1);
      } finally {
        done.reject(new LifeboatError('CANCELLED', 'whoever read the dump stopped'));
      }
    }
    const full = () => {
      throw new LifeboatError('VAULT_FULL', 'no space', { guidance: 'Make room.' });
    };
    await expect(capture(dumpOf(endless(), done.promise), full)).rejects.toMatchObject({
      code: 'VAULT_FULL',
    });
  });

  it('tells why the dump failed, not that its bytes ended early', async () => {
    const failure = new LifeboatError('DATABASE_DUMP_FAILED', 'the program ended with exit code 2');
    function* ends(): Generator<Buffer> {
      yield Buffer.from('-- half');
      throw failure;
    }
    await expect(capture(dumpOf(ends(), Promise.reject(failure)))).rejects.toBe(failure);
  });
});
