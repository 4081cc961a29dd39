import { execFile, spawnSync } from 'node:child_process';
import { chmod, mkdir, mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { promisify } from 'node:util';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
// Raised as a restore does it; nobody else is meant to, so the lib does not export it.
import { liftGuard, raiseGuard } from '../../../libs/restore/src/agent/start-guard.ts';

import { demandRootOwned } from './demand-root-owned.ts';
import { AGENT_CAPABILITIES } from './units/agent-unit.ts';

const run = promisify(execFile);
const ROOT = path.resolve(import.meta.dirname, '../../..');
const PORTAL = '[Unit]\nDescription=A portal\n[Service]\nUser=daemon\nExecStart=/bin/sleep 60\n';
const asRoot = process.getuid?.() === 0 ? it : it.skip;
/** A container may withhold even from root what the agent needs. */
const withCapabilities = asNobody(AGENT_CAPABILITIES, ['true']).status === 0 ? it : it.skip;

let directory: string;
/** Stands for / of the installed machine. */
let staged: string;
let state: string;
let units: string;

beforeEach(async () => {
  directory = await mkdtemp(path.join(tmpdir(), 'lifeboat-install-'));
  staged = path.join(directory, 'staged');
  state = path.join(directory, 'state');
  units = path.join(staged, 'usr/lib/systemd/system');
  await mkdir(state);
});

afterEach(() => rm(directory, { recursive: true, force: true }));

describe('a staged installation', () => {
  it('has units and a guarded portal that systemd accepts', async () => {
    await stage();
    await writeFile(path.join(units, 'liferay.service'), PORTAL);
    for (const unit of ['lifeboat-agent.service', 'lifeboat-server.service', 'liferay.service']) {
      expect(await verify(unit)).toEqual({ status: 0, said: '' });
    }
  });

  it('is looked at by systemd with the drop-in: a guard that is not there is noticed', async () => {
    await install(
      'agent',
      '--home',
      '/opt/liferay',
      '--portal-unit',
      'liferay.service',
      '--node',
      '/nowhere/node',
    );
    await writeFile(path.join(units, 'liferay.service'), PORTAL);
    const { status, said } = await verify('liferay.service');
    expect(status).not.toBe(0);
    expect(said).toContain('/nowhere/node');
  });

  it('changes nothing the second time, and mends what was changed', async () => {
    await stage();
    const again = await install('server');
    expect(again).not.toMatch(/^written/m);
    const unit = path.join(units, 'lifeboat-server.service');
    await chmod(unit, 0o666);
    expect(await install('server')).toContain(`written    ${unit}`);
    expect((await stat(unit)).mode & 0o7777).toBe(0o644);
  });

  it('is not begun by a dry run', async () => {
    expect(await install('server', '--dry-run')).toContain(
      'write /usr/lib/systemd/system/lifeboat-server.service',
    );
    await expect(stat(staged)).rejects.toMatchObject({ code: 'ENOENT' });
  });

  asRoot('has accounts, closed folders and a policy that the operator may keep', async () => {
    await stage();
    await mkdir(path.join(staged, 'etc'));
    const make = async () => {
      for (const app of ['agent', 'server']) {
        await run('systemd-sysusers', [`--root=${staged}`, `lifeboat-${app}.conf`]);
        await run('systemd-tmpfiles', [`--root=${staged}`, '--create', `lifeboat-${app}.conf`]);
      }
    };
    await make();
    const policy = path.join(staged, state, 'agent.yaml');
    expect(await modeOf(path.join(staged, state))).toBe(0o700);
    expect(await modeOf(policy)).toBe(0o600);
    expect(await modeOf(path.join(staged, 'etc/lifeboat/server.yaml'))).toBe(0o640);
    const { uid } = await stat(policy);
    expect(await readFile(path.join(staged, 'etc/passwd'), 'utf8')).toMatch(
      new RegExp(`^lifeboat:x:${uid}:`, 'm'),
    );
    expect(uid).not.toBe(0);
    await writeFile(policy, 'roots: [/elsewhere]\n');
    await make();
    expect(await readFile(policy, 'utf8')).toBe('roots: [/elsewhere]\n');
  });

  withCapabilities('is refused to others than root on the running machine, with the way out', () => {
    const { status, stderr } = asNobody(
      ['CAP_DAC_READ_SEARCH'],
      [...INSTALLER, 'server', '--data', '/var/lib/x'],
    );
    expect(status).toBe(4);
    expect(stderr).toContain('--dry-run');
  });
});

describe('the start guard, run as its drop-in says', () => {
  it('lets the portal start, keeps it down during a restore, and lets it start again', async () => {
    await stage();
    const text = await readFile(path.join(units, 'liferay.service.d/50-lifeboat-guard.conf'), 'utf8');
    const [, line = ''] = /^ExecStartPre=\+(.*)$/m.exec(text) ?? [];
    const guard = () => outcomeOf(line.split(' '));
    expect(guard()).toMatchObject({ status: 0, stderr: '' });
    await raiseGuard(state, { restore: 'r-17', since: '2026-01-02T03:04:05Z' });
    const kept = guard();
    expect(kept.status).toBe(1);
    expect(kept.stderr).toContain('restore r-17 keeps the portal down since 2026-01-02T03:04:05Z');
    expect(kept.stderr).toContain('lifeboat restore show');
    await liftGuard(state);
    expect(guard().status).toBe(0);
  });

  it('keeps the portal down when the guard was cut short by a full disk', async () => {
    await stage();
    await writeFile(path.join(state, 'guard'), '{"rest');
    expect(outcomeOf([process.execPath, agent(), 'guard', '--state', state]).status).toBe(1);
  });
});

describe('the agent unit', () => {
  it('does not start again an agent that has not joined', async () => {
    await stage();
    const text = await readFile(path.join(units, 'lifeboat-agent.service'), 'utf8');
    const [, line = ''] = /^ExecStart=(.*)$/m.exec(text) ?? [];
    const { status, stderr } = outcomeOf(line.split(' '));
    expect(stderr).toContain('has not joined');
    expect(/^RestartPreventExitStatus=(.*)$/m.exec(text)![1]!.split(' ')).toContain(String(status));
  });

  /** What each capability is for, as an unprivileged account meets it. `$d` is a folder of root's, open to all. */
  const NEEDS: Record<string, string> = {
    CAP_DAC_READ_SEARCH: 'cat $d/closed/file',
    CAP_DAC_OVERRIDE: 'touch $d/closed/new',
    CAP_CHOWN: 'touch $d/mine && chown 1:1 $d/mine',
    CAP_FOWNER: 'chmod 640 $d/open',
    CAP_FSETID: 'chmod 2777 $d/group && test -g $d/group',
    CAP_SYS_PTRACE: 'readlink /proc/$p/cwd && cat /proc/$p/environ',
  };

  /** Writing everywhere includes reading everywhere; a node that is only backed up has reading alone. */
  const includes = (name: string, other: string): boolean =>
    name === 'CAP_DAC_OVERRIDE' && other === 'CAP_DAC_READ_SEARCH';

  withCapabilities.each(AGENT_CAPABILITIES)('asks for %s with reason', async (capability) => {
    const d = path.join(directory, 'd');
    await run('sh', [
      '-c',
      'chmod 755 "$0" && mkdir -m 1777 $1 && mkdir -m 700 $1/closed && touch $1/closed/file $1/open && mkdir $1/group && chown 65534:0 $1/group',
      directory,
      d,
    ]);
    const need = ['sh', '-ec', `d=${d} p=${process.pid}; ${NEEDS[capability]}`];
    const without = AGENT_CAPABILITIES.filter((name) => name !== capability && !includes(name, capability));
    expect(asNobody(without, need).status).not.toBe(0);
    expect(asNobody([...without, capability], need)).toMatchObject({ status: 0 });
  });
});

describe('programs that root runs', () => {
  asRoot('belong to root, all the way up', async () => {
    const open = path.join(directory, 'open');
    const file = path.join(open, 'program');
    await mkdir(open, { mode: 0o755 });
    await writeFile(file, '', { mode: 0o755 });
    await expect(demandRootOwned([file])).resolves.toBeUndefined();
    await chmod(open, 0o775);
    await expect(demandRootOwned([file])).rejects.toMatchObject({
      code: 'USAGE',
      message: expect.stringContaining(open),
    });
  });
});

const INSTALLER = [process.execPath, path.join(ROOT, 'tools/install/src/main.ts')];

function agent(): string {
  return path.join(ROOT, 'apps/agent/bin/lifeboat-agent.js');
}

async function stage(): Promise<void> {
  await install('agent', '--state', state, '--home', '/opt/liferay', '--portal-unit', 'liferay.service');
  await install('server');
}

async function install(...args: string[]): Promise<string> {
  const [node, main] = INSTALLER as [string, string];
  return (await run(node, [main, ...args, '--root', staged])).stdout;
}

/** systemd-analyze finds drop-ins beside the unit that it is given. */
async function verify(unit: string): Promise<{ status: number | null; said: string }> {
  const { status, stdout, stderr } = outcomeOf(['systemd-analyze', 'verify', path.join(units, unit)]);
  return { status, said: stdout + stderr };
}

function asNobody(capabilities: readonly string[], argv: readonly string[]) {
  const set = ['-all', ...capabilities.map((name) => `+${name.slice(4).toLowerCase()}`)].join(',');
  const sets = [`--bounding-set=${set}`, `--inh-caps=${set}`, `--ambient-caps=${set}`];
  const account = ['--reuid=65534', '--regid=65534', '--clear-groups', '--no-new-privs'];
  return outcomeOf(['setpriv', ...account, ...sets, ...argv]);
}

function outcomeOf([program, ...args]: readonly string[]) {
  const { status, stdout, stderr } = spawnSync(program!, args, { encoding: 'utf8', cwd: '/' });
  return { status, stdout, stderr };
}

async function modeOf(file: string): Promise<number> {
  return (await stat(file)).mode & 0o7777;
}
