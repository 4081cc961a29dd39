import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { writeFileAtomic } from './index.ts';

let directory: string;
beforeAll(() => {
  directory = mkdtempSync(join(tmpdir(), 'lifeboat-process-'));
});
afterAll(() => rmSync(directory, { recursive: true }));

const INDEX = new URL('./index.ts', import.meta.url).href;

/** Runs a program that uses this library, sends it signals once it says ready, and gives how it ended. */
async function run(
  program: string,
  ...signals: NodeJS.Signals[]
): Promise<{ code: number | null; stdout: string; stderr: string }> {
  const script = `import { onStop, exitWith, createLog } from ${JSON.stringify(INDEX)};\n${program}`;
  const child = spawn(process.execPath, ['--input-type=module', '--eval', script], {
    cwd: import.meta.dirname,
  });
  let stdout = '';
  let stderr = '';
  child.stdout.on('data', (data: Buffer) => {
    stdout += data.toString();
    // One signal for each time it says so.
    if (data.toString().includes('ready')) child.kill(signals.shift() ?? 'SIGKILL');
  });
  child.stderr.on('data', (data: Buffer) => (stderr += data.toString()));
  const [code] = (await once(child, 'close')) as [number | null];
  return { code, stdout, stderr };
}

const STAY = 'setInterval(() => undefined, 1000); console.log("ready");';

describe('onStop', () => {
  it('stops once and exits 0', async () => {
    const program = `onStop(createLog({ name: 't' }), async () => console.log('closing')); ${STAY}`;
    expect(await run(program, 'SIGTERM')).toMatchObject({ code: 0, stdout: 'ready\nclosing\n' });
  });

  it('exits 1 when stopping fails', async () => {
    const { code, stderr } = await run(
      `onStop(createLog({ name: 't' }), async () => { throw new Error('stuck'); }); ${STAY}`,
      'SIGINT',
    );
    expect(code).toBe(1);
    expect(stderr).toContain('stuck');
  });

  it('exits at once at the second signal', async () => {
    const program = `onStop(createLog({ name: 't' }), () => { console.log('ready'); return new Promise(() => undefined); }); ${STAY}`;
    expect(await run(program, 'SIGTERM', 'SIGINT')).toMatchObject({ code: 130 });
  });
});

describe('exitWith', () => {
  it('prints message and guidance and exits with the status of the code', async () => {
    const error =
      "Object.assign(new Error('no such set'), { name: 'LifeboatError', code: 'NOT_FOUND', guidance: 'List them.', kind: 'failure' })";
    expect(await run(`exitWith(${error});`)).toEqual({
      code: 5,
      stdout: '',
      stderr: 'error: no such set (NOT_FOUND)\nList them.\n',
    });
  });

  it('takes anything else for a bug of ours, with its stack', async () => {
    const { code, stderr } = await run(`exitWith(new TypeError('x is not a function'));`);
    expect(code).toBe(1);
    expect(stderr).toMatch(
      /^error: x is not a function \(INTERNAL\)\nTypeError: x is not a function\n {4}at /,
    );
  });
});

describe('writeFileAtomic', () => {
  it('replaces a file whole, private unless told otherwise, and leaves nothing beside it', async () => {
    const file = join(directory, 'state.json');
    await writeFileAtomic(file, 'one');
    expect(statSync(file).mode & 0o777).toBe(0o600);
    await writeFileAtomic(file, Buffer.from('two'), { mode: 0o644 });
    expect(readFileSync(file, 'utf8')).toBe('two');
    expect(statSync(file).mode & 0o777).toBe(0o644);
    expect(readdirSync(directory)).toEqual(['state.json']);
  });

  it('leaves the old contents and nothing else when it fails', async () => {
    const target = join(directory, 'occupied');
    mkdirWithFile(target);
    await expect(writeFileAtomic(target, 'x')).rejects.toMatchObject({ code: 'EISDIR' });
    await expect(writeFileAtomic(join(directory, 'none', 'x'), 'x')).rejects.toMatchObject({
      code: 'ENOENT',
    });
    expect(readdirSync(directory).filter((name) => name.endsWith('.tmp'))).toEqual([]);
  });
});

/** A directory that cannot be replaced by a file. */
function mkdirWithFile(path: string): void {
  mkdirSync(path);
  writeFileSync(join(path, 'inside'), '');
}
