import {
  closeSync,
  ftruncateSync,
  lstatSync,
  mkdtempSync,
  openSync,
  rmSync,
  symlinkSync,
  writeFileSync,
  writeSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Worker } from 'node:worker_threads';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { native } from './native.ts';

let directory: string;
let file: Buffer;

beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'lifeboat-native-spec-'));
  file = Buffer.from(join(directory, 'file'));
  writeFileSync(file, 'x');
});
afterEach(() => rmSync(directory, { recursive: true, force: true }));

const whereAvailable = native.available ? it : it.skip;

describe('native', () => {
  whereAvailable('sets times to the nanosecond, before 1970 too, and not through a link', () => {
    const link = Buffer.from(join(directory, 'link'));
    symlinkSync('file', link);
    const before = lstatSync(file, { bigint: true }).mtimeNs;
    native.utimensat(link, 1n, -1n);
    expect(lstatSync(link, { bigint: true }).mtimeNs).toBe(-1n);
    expect(lstatSync(file, { bigint: true }).mtimeNs).toBe(before);
    native.utimensat(file, 5n, 1_700_000_000_123_456_789n);
    expect(lstatSync(file, { bigint: true }).mtimeNs).toBe(1_700_000_000_123_456_789n);
  });

  whereAvailable('keeps attributes of any bytes, sorted, empty and large ones too', () => {
    const large = Buffer.alloc(3000, 0);
    native.lsetxattr(file, Buffer.from('user.b'), large);
    native.lsetxattr(file, Buffer.from('user.a'), Buffer.alloc(0));
    expect(native.lgetxattrs(file)).toEqual([
      { name: Buffer.from('user.a'), value: Buffer.alloc(0) },
      { name: Buffer.from('user.b'), value: large },
    ]);
    native.lremovexattr(file, Buffer.from('user.a'));
    expect(native.lgetxattrs(file)).toHaveLength(1);
  });

  whereAvailable('swaps two names', () => {
    const other = Buffer.from(join(directory, 'other'));
    writeFileSync(other, 'longer');
    native.renameExchange(file, other);
    expect([lstatSync(file).size, lstatSync(other).size]).toEqual([6, 1]);
  });

  whereAvailable('finds data behind a hole', () => {
    const fd = openSync(file, 'r+');
    ftruncateSync(fd, 10 * 1024 * 1024);
    writeSync(fd, 'x', 8 * 1024 * 1024);
    ftruncateSync(fd, 20 * 1024 * 1024);
    expect(native.seekData(fd, 1024 * 1024)).toBe(8 * 1024 * 1024);
    expect(native.seekData(fd, 12 * 1024 * 1024)).toBeUndefined();
    closeSync(fd);
  });

  whereAvailable('gives system codes and refuses a NUL', () => {
    const absent = Buffer.from(join(directory, 'absent'));
    expect(() => native.lgetxattrs(absent)).toThrow(
      expect.objectContaining({ code: 'ENOENT' }) as unknown as Error,
    );
    expect(() => native.lgetxattrs(Buffer.from('a\0b'))).toThrow(
      expect.objectContaining({ code: 'EINVAL' }) as unknown as Error,
    );
  });

  whereAvailable('works in a worker thread', async () => {
    const module = JSON.stringify(new URL('./native.ts', import.meta.url).href);
    const code = `import(${module}).then(({ native }) => require('node:worker_threads').parentPort.postMessage(native.available))`;
    const worker = new Worker(code, { eval: true, execArgv: ['--disable-warning=ExperimentalWarning'] });
    const answer = await new Promise((resolve, reject) =>
      worker.once('message', resolve).once('error', reject),
    );
    await worker.terminate();
    expect(answer).toBe(true);
  });
});
