import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { LifeboatError } from '@lifeboat/kernel';
import { createLog } from './index.ts';

let directory: string;
beforeAll(() => {
  directory = mkdtempSync(join(tmpdir(), 'lifeboat-log-'));
});
afterAll(() => rmSync(directory, { recursive: true }));

function linesOf(
  write: (log: ReturnType<typeof createLog>) => void,
  level = 'debug',
): Record<string, unknown>[] {
  const file = join(directory, `${Math.random()}.log`);
  write(createLog({ name: 'test', destination: file, level }));
  return readFileSync(file, 'utf8')
    .trim()
    .split('\n')
    .filter(Boolean)
    .map((line) => JSON.parse(line) as Record<string, unknown>);
}

describe('the log', () => {
  it('writes JSON lines with level names, time and the fields of its children', () => {
    const [line] = linesOf((log) =>
      log.child({ cluster: 'c' }).child({ node: 'n' }).info({ bytes: 12n }, 'captured'),
    );
    expect(line).toMatchObject({
      name: 'test',
      level: 'info',
      cluster: 'c',
      node: 'n',
      bytes: '12',
      msg: 'captured',
    });
    expect(new Date(String(line!['time'])).getTime()).toBeGreaterThan(0);
  });

  it('never writes a secret: by name at any depth, in children, in errors, in URLs', () => {
    const secret = 's3cr3t';
    const error = new LifeboatError('DATABASE_UNREACHABLE', `cannot reach postgres://u:${secret}@h/d`, {
      context: { password: secret },
      cause: new Error(`mysql://u:${secret}@h`),
    });
    const fields = {
      password: secret,
      list: [{ privateKey: Buffer.from(secret), apiToken: secret }],
      headers: { Authorization: secret },
      url: `postgres://u:${secret}@h/d`,
      error,
      err: error,
    };
    const lines = linesOf((log) => {
      log.info(fields, 'deep');
      log.child({ joinToken: secret }).warn({}, 'child');
      log.error({}, `postgres://u:${secret}@h/d`);
    });
    expect(lines).toHaveLength(3);
    expect(JSON.stringify(lines)).not.toContain(secret);
    expect(JSON.stringify(lines)).not.toContain(Buffer.from(secret).toString('hex'));
  });

  it('keeps what only sounds like a secret', () => {
    const [line] = linesOf((log) =>
      log.info({ keyEpoch: 3, publicKey: 'abc', idempotencyKey: 'i', keyId: Buffer.from([1, 2]) }, 'm'),
    );
    expect(line).toMatchObject({ keyEpoch: 3, publicKey: 'abc', idempotencyKey: 'i', keyId: '0102' });
  });

  it('tells an error with code, guidance and cause', () => {
    const [line] = linesOf((log) =>
      log.error(
        {
          error: new LifeboatError('NO_SPACE', 'full', { guidance: 'free some', cause: new Error('ENOSPC') }),
        },
        'm',
      ),
    );
    expect(line).toMatchObject({
      error: { code: 'NO_SPACE', message: 'full', guidance: 'free some', cause: { message: 'ENOSPC' } },
    });
  });

  it('is silent below its level', () => {
    expect(linesOf((log) => log.info({}, 'm'), 'warn')).toEqual([]);
  });

  it('survives a field that contains itself', () => {
    const loop: Record<string, unknown> = {};
    loop['self'] = loop;
    expect(linesOf((log) => log.info({ loop }, 'm'))).toHaveLength(1);
  });
});
