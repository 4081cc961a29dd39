import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { silentLog } from '@lifeboat/kernel';
import { openEngine } from './open-engine.ts';

const clock = { now: () => new Date(), monotonic: () => performance.now() };

describe('a database is opened', () => {
  let dir: string;
  beforeAll(async () => {
    dir = await mkdtemp(join(tmpdir(), 'lifeboat-open-engine-'));
  });
  afterAll(() => rm(dir, { recursive: true }));

  const open = async (password?: string) => {
    const passwordFile = join(dir, 'password');
    if (password !== undefined) await writeFile(passwordFile, password);
    const definition = {
      kind: 'postgresql',
      url: 'postgres://lifeboat@127.0.0.1/lportal',
      passwordFile,
    } as const;
    return openEngine(definition, { log: silentLog, clock, tempDir: dir });
  };

  it('with a password file of one line', async () => {
    for (const password of ['secret', 'secret\n', 'secret\r\n', '']) {
      expect((await open(password)).stagedName('0a1b2c3d-0000-4000-8000-000000000001')).toBe(
        'lportal_lb_0a1b2c3d',
      );
    }
  });

  it.each([
    ['more than one line', 'root:x:0:0\ndaemon:x:1:1\n'],
    ['a key', '-----BEGIN PRIVATE KEY-----\nMC4\n-----END PRIVATE KEY-----\n'],
    ['a whole page', 'x'.repeat(5000)],
  ])('never with a file that holds %s, and the error does not show it', async (_what, content) => {
    const refused = open(content);
    await expect(refused).rejects.toMatchObject({ code: 'USAGE' });
    await expect(refused).rejects.not.toThrow(content.slice(0, 8));
  });

  it('never without its password file', async () => {
    await rm(join(dir, 'password'));
    await expect(open()).rejects.toMatchObject({ code: 'USAGE' });
  });
});
