import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, it, jest } from '@jest/globals';
import { CertificateAuthority } from '@lifeboat/identity';
import { silentLog } from '@lifeboat/kernel';
import { createHttpApp, HttpsListener } from '../../server/src/http/index.ts';
import { InMemoryServices, TOKENS } from '../../server/src/http/testing/in-memory-services.ts';
import { runLifeboat, type Finished } from './testing/run-lifeboat.ts';

// Every case starts processes of its own, some of them dozens: on a busy machine that takes its time.
jest.setTimeout(300_000);

const clock = { now: () => new Date(), monotonic: () => performance.now() };
const SET = 'aaa00000-0000-4000-8000-000000000001';
const PLAN = '00000000-0000-4000-8000-0000000091a0';
const RESTORE = 'bbbb0000-0000-4000-8000-000000000001';
const AT = '2026-01-02T03:04:05.678Z';
const POINT = { from: AT, to: AT, position: '0/1', pins: 1 };
const BYTES = { read: 4000, changed: 300, wire: 200, stored: 100 };
const SEALED = {
  state: 'sealed' as const,
  point: POINT,
  bytes: BYTES,
  millis: 1500,
  sealedAt: AT,
  sequence: 1,
};

const YAML = `
cluster: portal
nodes: { node-1: { liferayHome: /opt/liferay }, node-2: {} }
documentStore: { kind: file-system, path: /mnt/share/document_library, shared: true }
retention: { keepLast: 7 }
`;

let directory: string;
let listener: HttpsListener;
let current: InMemoryServices;
let environment: Record<string, string>;

beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'lifeboat-cli-'));
  const authority = await CertificateAuthority.open(directory, clock);
  const credentials = await authority.serverCredentials(['localhost']);
  // One listener for all tests; each gets services of its own behind it.
  const facade = {
    get routes() {
      return current.routes;
    },
    authenticate: (token: string) => current.authenticate(token),
    audit: (record: Parameters<InMemoryServices['audit']>[0]) => current.audit(record),
    once: (...given: Parameters<InMemoryServices['once']>) => current.once(...given),
    ready: () => current.ready(),
    metrics: () => current.metrics(),
  };
  const app = createHttpApp(facade, { log: silentLog, clock, failedAuthenticationsPerMinute: 1000 });
  listener = await HttpsListener.open(app, { ...credentials, host: '127.0.0.1', port: 0 });
  await writeFile(join(directory, 'token'), `${TOKENS.admin}\n`, { mode: 0o600 });
  environment = {
    LIFEBOAT_URL: `https://127.0.0.1:${listener.port}`,
    LIFEBOAT_TOKEN: TOKENS.admin,
    LIFEBOAT_CA: join(directory, 'ca.pem'),
  };
});

afterAll(async () => {
  await listener.close();
  await rm(directory, { recursive: true });
});

beforeEach(() => {
  current = new InMemoryServices();
});

const lifeboat = (...args: string[]) => runLifeboat(args, environment);
const parsed = ({ stdout }: Finished): unknown => JSON.parse(stdout);

async function withCluster(): Promise<void> {
  const applied = await runLifeboat(['cluster', 'apply', '-f', '-'], environment, YAML);
  expect(applied).toMatchObject({ exit: 0, stderr: '' });
}

async function withSet(): Promise<void> {
  await withCluster();
  await lifeboat('backup', 'run', '--cluster', 'portal');
}

describe('what cannot be undone', () => {
  it('set delete wants a plain word, and tells the audit why', async () => {
    await withSet();
    Object.assign(current.sets[0]!, SEALED, { guarantee: 'consistent' });
    const asked = await lifeboat('set', 'delete', SET.slice(0, 8));
    expect(asked).toMatchObject({ exit: 2, stdout: '', stderr: expect.stringContaining('--yes') });
    expect(current.sets).toHaveLength(1);
    const done = await lifeboat('set', 'delete', SET.slice(0, 8), '--reason', 'too old', '--yes', '--json');
    expect(done).toMatchObject({ exit: 0, stderr: '' });
    expect(parsed(done)).toMatchObject({
      set: SET,
      cluster: 'portal',
      deletedBy: 'the-admin',
      reason: 'too old',
    });
    expect(current.sets).toHaveLength(0);
    expect(current.audited.at(-1)).toMatchObject({
      action: 'deleteSet',
      subject: SET,
      outcome: 'done',
      detail: { reason: 'too old' },
    });
  });
});

describe('schedules, policies and pins', () => {
  it('a schedule is said, shown and removed', async () => {
    await withCluster();
    const of = ['--cluster', 'portal'];
    const said = ['--cron', '0 2 * * *', '--time-zone', 'Europe/Berlin', '--jitter', '10m', '--no-catch-up'];
    const windows = ['--window', '22:00-06:00', 'sat,sun 00:00-24:00'];
    expect(await lifeboat('schedule', 'set', ...of, ...said, ...windows)).toMatchObject({
      exit: 0,
      stderr: '',
    });
    const schedule = {
      cron: '0 2 * * *',
      timeZone: 'Europe/Berlin',
      windows: ['22:00-06:00', 'sat,sun 00:00-24:00'],
      jitterSeconds: 600,
      catchUp: false,
    };
    expect(parsed(await lifeboat('schedule', 'show', ...of, '--json'))).toMatchObject({ schedule });
    const { stdout } = await lifeboat('schedule', 'show', ...of);
    expect(stdout).toContain('0 2 * * * (Europe/Berlin)');
    expect(stdout).toContain('missed so far  2');
    expect((await lifeboat('schedule', 'remove', ...of)).stdout).toContain('none: sets are taken when');
    const refused = await lifeboat('schedule', 'set', ...of, '--cron', 'nightly');
    expect(refused).toMatchObject({ exit: 2, stderr: expect.stringContaining('five fields') });
  });

  it('a policy that lets sets go wants a plain word', async () => {
    await withSet();
    Object.assign(current.sets[0]!, SEALED);
    await lifeboat('backup', 'run', '--cluster', 'portal');
    const set = ['policy', 'set', '--cluster', 'portal', '--keep-last', '1'];
    const asked = await lifeboat(...set);
    expect(asked).toMatchObject({ exit: 2, stderr: expect.stringContaining('1 of 2 sets') });
    expect(current.calls.filter(({ name }) => name === 'setPolicy')).toEqual([]);
    expect((await lifeboat(...set, '--yes')).stdout).toContain('keepLast 1 (UTC)');
    const body = { policy: { keepLast: 1 }, allowLarge: true };
    expect(current.calls.at(-1)).toMatchObject({ name: 'setPolicy', request: { body } });
    const simulated = await lifeboat(
      'policy',
      'simulate',
      '--cluster',
      'portal',
      '--daily',
      '3',
      '--days',
      '7',
    );
    expect(simulated.stdout).toContain('drop  keepLast: as told');
    expect(current.calls.at(-1)).toMatchObject({ request: { query: { daily: 3, days: 7 } } });
    expect((await lifeboat('policy', 'remove', '--cluster', 'portal')).stdout).toContain(
      'none: all sets are kept',
    );
  });

  it('a pin has a reason, and an end if one is said', async () => {
    await withSet();
    expect(await lifeboat('set', 'pin', SET)).toMatchObject({ exit: 2 });
    const pinned = await lifeboat('set', 'pin', SET, '--reason', 'audit', '--until', '2031-01-31', '--json');
    expect(parsed(pinned)).toMatchObject({ pin: { reason: 'audit', until: '2031-01-31T00:00:00.000Z' } });
    expect((await lifeboat('set', 'show', SET)).stdout).toContain(
      'by the-admin until 2031-01-31 00:00:00Z: audit',
    );
    const wrong = await lifeboat('set', 'pin', SET, '--reason', 'audit', '--until', 'tomorrow');
    expect(wrong).toMatchObject({ exit: 2, stderr: expect.stringContaining('is not a time') });
    expect(parsed(await lifeboat('set', 'unpin', SET, '--json'))).toMatchObject({ pin: null });
  });
});

it('vault rotate-keys wants a plain word, and tells what has to be printed anew', async () => {
  expect(await lifeboat('vault', 'rotate-keys')).toMatchObject({ exit: 2, stdout: '' });
  expect(current.audited.filter(({ action }) => action === 'rotateKeys')).toEqual([]);
  const done = await lifeboat('vault', 'rotate-keys', '--yes');
  expect(done).toMatchObject({ exit: 0, stderr: '' });
  expect(done.stdout).toContain('lifeboat vault recovery-kit --key /keys/root.key');
  expect(parsed(await lifeboat('vault', 'rotate-keys', '--yes', '--json'))).toMatchObject({ keyEpoch: 2 });
  expect(current.audited.at(-1)).toMatchObject({ action: 'rotateKeys', outcome: 'done' });
});

describe('vault prune', () => {
  const FIGURES = {
    chunks: { marked: 9, missing: 0, tombstoned: 2, revived: 0 },
    bytes: { total: 5000, dead: 3000, waiting: 700, freed: 3100, copied: 400 },
    packs: { seen: 4, removed: 2, repacked: 1 },
    orphans: { found: 0, removed: 0 },
  };

  it('wants a plain word, waits for the end and tells it', async () => {
    expect(await lifeboat('vault', 'prune')).toMatchObject({ exit: 2, stdout: '' });
    expect(await lifeboat('vault', 'prune', '--status')).toMatchObject({ stdout: 'No prune yet.\n' });
    current.nextOfPrune.push({}, { state: 'done', endedAt: AT, figures: FIGURES });
    const done = await lifeboat('vault', 'prune', '--yes', '--json');
    expect(done).toMatchObject({ exit: 0, stderr: '' });
    expect(parsed(done)).toMatchObject({ state: 'done', dryRun: false, figures: FIGURES });
    expect(current.audited.at(-1)).toMatchObject({ action: 'startPrune', outcome: 'done' });
    expect((await lifeboat('vault', 'prune', '--status')).stdout).toContain('3.10 kB in 2 packs');
  });

  it('fails with what the prune failed with', async () => {
    const failure = { code: 'CONFLICT', message: 'it would take most', guidance: 'use --allow-large' };
    current.nextOfPrune.push({ state: 'failed', endedAt: AT, failure });
    const done = await lifeboat('vault', 'prune', '--dry-run');
    expect(done).toMatchObject({ exit: 1, stdout: expect.stringContaining('use --allow-large') });
  });
});

describe('vault repair', () => {
  const REPORT = {
    packs: { seen: 4, damaged: 1 },
    chunks: { salvaged: 9, elsewhere: 1, replica: 0, lost: 2 },
    items: [{ subject: 'ab12', wrong: 'it has 3 bytes', outcome: 'salvaged', detail: '9 chunks' }],
    sets: [
      {
        set: SET,
        cluster: 'portal',
        sequence: 3,
        state: 'mended' as const,
        trees: [{ node: 'node-1', tree: 'liferay-home', files: 2, paths: ['data/a\u001b', 'b'] }],
      },
    ],
    quarantined: ['quarantine/packs/ab/ab12'],
  };

  it('wants a plain word, waits for the end and tells what came back', async () => {
    expect(await lifeboat('vault', 'repair')).toMatchObject({ exit: 2, stdout: '' });
    const none = { stdout: 'No repair since the server was started.\n' };
    expect(await lifeboat('vault', 'repair', '--status')).toMatchObject(none);
    current.nextOfRepair.push({}, { state: 'done', endedAt: AT, report: REPORT });
    const done = await lifeboat('vault', 'repair', '--yes', '--json');
    expect(done).toMatchObject({ exit: 0, stderr: '' });
    expect(parsed(done)).toMatchObject({ state: 'done', dryRun: false, report: REPORT });
    expect(current.audited.at(-1)).toMatchObject({ action: 'startRepair', outcome: 'done' });
    const { stdout } = await lifeboat('vault', 'repair', '--status');
    expect(stdout).toContain('node-1/liferay-home: 2 files: "data/a\\u001b", "b"\n');
  });

  it('ends with 1 while a set lacks something, or something wrong stays', async () => {
    const hit = { ...REPORT, sets: [{ ...REPORT.sets[0]!, state: 'hit' as const }] };
    current.nextOfRepair.push({ state: 'done', endedAt: AT, report: hit });
    expect(await lifeboat('vault', 'repair', '--dry-run')).toMatchObject({ exit: 1 });
    const left = { ...REPORT, items: [{ ...REPORT.items[0]!, outcome: 'left' }] };
    current.nextOfRepair.push({ state: 'done', endedAt: AT, report: left });
    expect(await lifeboat('vault', 'repair', '--dry-run')).toMatchObject({ exit: 1 });
  });
});

describe('the shapes that scripts rely on', () => {
  it('node token', async () => {
    await withCluster();
    const done = await lifeboat('node', 'token', '--cluster', 'portal', '--node', 'node-1', '--json');
    expect(done).toMatchObject({ exit: 0, stderr: '' });
    expect(parsed(done)).toEqual({ token: 'lbj_2', expiresAt: AT });
  });

  it('backup run --wait', async () => {
    await withCluster();
    const progress = { phase: 'precopying', bytesDone: 1, bytesTotal: 2 };
    current.nextOfSet.push({ state: 'precopying', progress }, { ...SEALED, guarantee: 'consistent' });
    const done = await lifeboat('backup', 'run', '--cluster', 'portal', '--wait', '--json');
    expect(done).toMatchObject({ exit: 0, stderr: '' });
    expect(parsed(done)).toEqual({
      set: SET,
      state: 'sealed',
      guarantee: 'consistent',
      bytes: BYTES,
      millis: 1500,
      cluster: 'portal',
      point: POINT,
    });
  });

  it('set list', async () => {
    await withSet();
    Object.assign(current.sets[0] ?? {}, SEALED, { guarantee: 'consistent' });
    const list = parsed(await lifeboat('set', 'list', '--json', '--cluster', 'portal'));
    const shape = {
      set: SET,
      cluster: 'portal',
      state: 'sealed',
      guarantee: 'consistent',
      point: POINT,
      bytes: BYTES,
    };
    expect(list).toEqual([expect.objectContaining(shape)]);
    expect(parsed(await lifeboat('--json', 'set', 'list', '--cluster', 'other'))).toEqual([]);
  });

  it('restore plan', async () => {
    await withSet();
    const done = await lifeboat('restore', 'plan', '--set', SET.slice(0, 6), '--json');
    const slice = {
      node: 'node-1',
      tree: 'liferay-home',
      bytesToFetch: 100,
      bytesSeeded: 900,
      filesReplaced: 3,
    };
    expect(parsed(done)).toMatchObject({
      plan: PLAN,
      slices: [slice],
      warnings: ['the portal will be stopped'],
    });
  });

  it('restore run --wait', async () => {
    const times = { millis: 9000, stageMillis: 5000, switchMillis: 700 };
    current.nextOfRestore.push({ state: 'staging' }, { state: 'completed', ...times, endedAt: AT });
    const done = await lifeboat('restore', 'run', PLAN, '--wait', '--json');
    expect(done.exit).toBe(0);
    expect(parsed(done)).toMatchObject({ restore: RESTORE, state: 'completed', ...times });
  });

  it('vault check', async () => {
    const done = await lifeboat('vault', 'check', '--read-data', '--json');
    const read = { packs: 1, bytes: 2000, left: { packs: 0, bytes: 0 }, unproved: 0, oldestProof: AT };
    expect(parsed(done)).toEqual({ packs: 1, chunks: 2, sets: 0, data: read, findings: [] });
    expect(current.calls).toMatchObject([{ name: 'checkVault', request: { body: { readData: true } } }]);
  });

  it('vault check --max-duration says what was read, what is left and how old the oldest proof is', async () => {
    const done = await lifeboat('vault', 'check', '--read-data', '--max-duration', '1h30m');
    expect(current.calls).toMatchObject([{ request: { body: { readData: true, maxSeconds: 5400 } } }]);
    expect(done.stdout).toContain('1 packs (2.00 kB) read and verified, 3 (4.00 kB) left.');
    expect(done.stdout).toContain('Oldest proof: 2026-01-02 03:04:05Z.');
  });

  it.each([
    ['without --read-data', ['--max-duration', '30m'], 'a bound on --read-data'],
    ['without a server', ['--read-data', '--max-duration', '30m', '--vault', '/x'], 'needs a server'],
  ])('vault check --max-duration %s is refused', async (_, flags, reason) => {
    const refused = await lifeboat('vault', 'check', ...flags);
    expect([refused.exit, refused.stderr]).toEqual([2, expect.stringContaining(reason)]);
  });

  it('node show tells how a bound on what it sends works', async () => {
    await withSet();
    const shown = await lifeboat('node', 'show', 'node-1');
    expect(shown.stdout).toContain('Bandwidth: at most 5.00 MB/s now; 7.00 MB had to wait');
  });

  it('are one JSON value for every command', async () => {
    await withSet();
    await lifeboat('restore', 'run', PLAN);
    const commands = [
      ['cluster', 'list'],
      ['cluster', 'show', 'portal'],
      ['node', 'list'],
      ['node', 'show', 'node-1'],
      ['node', 'revoke', 'portal/node-2'],
      ['set', 'show', SET],
      ['set', 'statement', SET],
      ['set', 'browse', SET],
      ['set', 'cancel', SET],
      ['restore', 'list'],
      ['restore', 'show', RESTORE],
      ['restore', 'roll-back', RESTORE],
      ['restore', 'finalize', RESTORE],
      ['vault', 'show'],
      ['vault', 'prove'],
      ['vault', 'reindex'],
      ['audit', 'list', '--limit', '3'],
    ];
    for (const command of commands) {
      const [asJson, asText] = await Promise.all([lifeboat(...command, '--json'), lifeboat(...command)]);
      expect([command, asJson.exit, asJson.stderr]).toEqual([command, 0, '']);
      expect(parsed(asJson)).toBeInstanceOf(Object);
      expect([command, asText.exit, asText.stderr]).toEqual([command, 0, '']);
      expect(asText.stdout.trim()).not.toBe('');
    }
  });
});

describe('exit codes', () => {
  const failing = async (args: string[], more: Record<string, string> = {}) => {
    const done = await runLifeboat([...args, '--json'], { ...environment, ...more });
    const { error } = parsed(done) as { error: { code: string; message: string } };
    expect(done.stderr).toContain('lifeboat: ');
    return { exit: done.exit, code: error.code };
  };

  it('1 when the set failed', async () => {
    await withCluster();
    const failure = { code: 'NODE_OFFLINE', message: 'node-2 is offline', guidance: 'Start its agent.' };
    current.nextOfSet.push({ state: 'failed', failure });
    const done = await lifeboat('backup', 'run', '--cluster', 'portal', '--wait');
    expect(done.exit).toBe(1);
    expect(done.stdout).toContain('Start its agent.');
  });

  it('1 when the restore did not end as asked, when the vault has findings', async () => {
    current.nextOfRestore.push({ state: 'aborted' });
    expect(await lifeboat('restore', 'run', PLAN, '--wait')).toMatchObject({ exit: 1 });
    current.nextOfRestore.push({ state: 'completed' }, { state: 'needs-operator' });
    expect(await lifeboat('restore', 'roll-back', RESTORE, '--wait')).toMatchObject({ exit: 1 });
    current.nextOfRestore.push({ state: 'completed' }, { state: 'rolled-back' });
    expect(await lifeboat('restore', 'roll-back', RESTORE, '--wait')).toMatchObject({ exit: 0 });
    current.findings.push({ kind: 'pack-damaged', subject: 'ab', message: 'its bytes are not its name' });
    expect(await lifeboat('vault', 'check')).toMatchObject({ exit: 1 });
  });

  it('2 for what cannot be meant', async () => {
    expect(await failing(['set', 'lst'])).toEqual({ exit: 2, code: 'USAGE' });
    expect(await failing(['set'])).toEqual({ exit: 2, code: 'USAGE' });
    expect(await failing(['backup', 'run'])).toEqual({ exit: 2, code: 'USAGE' });
    expect(await failing(['set', 'list', '--colour'])).toEqual({ exit: 2, code: 'USAGE' });
    expect(await failing(['set', 'show', 'no id'])).toEqual({ exit: 2, code: 'USAGE' });
    expect(await failing(['restore', 'plan', '--set', SET, '--to', 'other'])).toEqual({
      exit: 2,
      code: 'USAGE',
    });
    expect(await failing(['set', 'list', '--url', 'http://127.0.0.1:1'])).toEqual({ exit: 2, code: 'USAGE' });
    expect(await failing(['set', 'list'], { LIFEBOAT_URL: '' })).toEqual({ exit: 2, code: 'USAGE' });
    expect(await failing(['set', 'list', '--token', 'two words'])).toEqual({ exit: 2, code: 'USAGE' });
    expect(await failing(['set', 'list', '--ca', '/no/such/file'])).toEqual({ exit: 2, code: 'USAGE' });
  });

  it('2 for a cluster.yaml that is not valid, before anything is sent', async () => {
    const offline = { ...environment, LIFEBOAT_URL: 'https://127.0.0.1:1' };
    const apply = (yaml: string) => runLifeboat(['cluster', 'apply', '-f', '-'], offline, yaml);
    const git = await apply('cluster: c\nnodes: {a: {}}\nsources: [{kind: git, url: x}]');
    expect(git.exit).toBe(2);
    expect(git.stderr).toContain('sources of kind "git" are not supported yet');
    const twice = await apply('cluster: c\ncluster: d');
    expect(twice.exit).toBe(2);
    expect(twice.stderr).toContain('is not YAML');
    expect(await lifeboat('cluster', 'apply', '-f', '/no/such.yaml')).toMatchObject({ exit: 2 });
  });

  it('3 when the guarantee is another than consistent; known losses are shown, not punished', async () => {
    await withCluster();
    const run = () => lifeboat('backup', 'run', '--cluster', 'portal', '--wait');
    current.nextOfSet.push({ ...SEALED, guarantee: 'incomplete' });
    expect(await run()).toMatchObject({ exit: 3, stdout: expect.stringContaining('incomplete') });
    current.nextOfSet.push({ ...SEALED, guarantee: 'consistent-with-known-losses' });
    expect(await run()).toMatchObject({
      exit: 0,
      stdout: expect.stringContaining('consistent-with-known-losses'),
    });
  });

  it('4 when refused: no token, a wrong one, one of too low a role, a server that cannot be trusted', async () => {
    const noToken = { LIFEBOAT_TOKEN: '' };
    expect(await failing(['set', 'list'], noToken)).toEqual({ exit: 4, code: 'NOT_AUTHENTICATED' });
    expect(await failing(['set', 'list', '--token', 'lba_wrong'])).toEqual({
      exit: 4,
      code: 'NOT_AUTHENTICATED',
    });
    expect(await failing(['audit', 'list', '--token', TOKENS.viewer])).toEqual({
      exit: 4,
      code: 'NOT_AUTHORISED',
    });
    expect(await failing(['set', 'list'], { LIFEBOAT_CA: join(directory, 'token') })).toMatchObject({
      exit: 4,
    });
  });

  it('5 when there is no such thing', async () => {
    expect(await failing(['cluster', 'show', 'nowhere'])).toEqual({ exit: 5, code: 'NOT_FOUND' });
    expect(await failing(['set', 'show', 'ffff'])).toEqual({ exit: 5, code: 'NOT_FOUND' });
    expect(await failing(['node', 'show', 'nobody'])).toEqual({ exit: 5, code: 'NOT_FOUND' });
    expect(await failing(['restore', 'run', PLAN.replace('9', '8')])).toEqual({ exit: 5, code: 'NOT_FOUND' });
  });

  it('6 when something stands in the way', async () => {
    await withSet();
    expect(await failing(['backup', 'run', '--cluster', 'portal'])).toEqual({ exit: 6, code: 'SET_RUNNING' });
  });

  it('7 when the server is not reachable', async () => {
    expect(await failing(['set', 'list', '--url', 'https://127.0.0.1:1'])).toEqual({
      exit: 7,
      code: 'UNREACHABLE',
    });
  });
});

it('set diff --json is a value a line, the summary last', async () => {
  await withSet();
  const { stdout, exit } = await lifeboat('set', 'diff', SET, SET, '--json');
  const values = stdout
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line) as Record<string, unknown>);
  expect(exit).toBe(0);
  expect(values.map(({ change }) => change)).toEqual(['added', 'changed', 'removed', undefined]);
  expect(values[3]).toEqual({
    summary: { added: 1, removed: 1, changed: 1, unchanged: 8, bytesMore: 1234, bytesLess: 1234 },
  });
});

describe('what people read', () => {
  it('is a table, without the power to steer the terminal', async () => {
    await withSet();
    const { stdout } = await lifeboat('set', 'browse', SET, 'node-1/liferay-home');
    const lines = stdout.trimEnd().split('\n');
    expect(lines).toHaveLength(4); // the title, and three entries from two pages
    expect(lines[1]).toBe(
      'file  0640  liferay:liferay  1.23 kB  2026-01-02 03:04:05Z  node-1/liferay-home/a',
    );
    expect(stdout).toContain('b\\x1b[31m');
  });

  it('is one page of what lies there, and how to go on, when that is asked for', async () => {
    await withSet();
    const { stdout } = await lifeboat('set', 'browse', SET, 'node-1/liferay-home', '--limit', '2');
    expect(stdout.trimEnd().split('\n')).toHaveLength(4);
    expect(stdout).toContain("More follows: --after 'page-2'\n");
    expect(await lifeboat('set', 'browse', SET, '--limit', '10001')).toMatchObject({ exit: 2 });
  });

  it('is a change a line, and their number last', async () => {
    await withSet();
    const { stdout } = await lifeboat('set', 'diff', SET, SET);
    expect(stdout.split('\n')).toEqual([
      '+  file         1.23 kB  2026-01-02 03:04:05Z  node-1/liferay-home/a',
      '~  file         1.23 kB  2026-01-02 03:04:05Z  node-1/liferay-home/b  (mode)',
      '-  file         1.23 kB  2026-01-02 03:04:05Z  node-1/liferay-home/c',
      'added      1',
      'removed    1',
      'changed    1',
      'unchanged  8',
      'bytes      +1.23 kB, -1.23 kB',
      '',
    ]);
  });

  it('takes the token from a file', async () => {
    const { LIFEBOAT_TOKEN: _, ...noToken } = environment;
    const args = ['cluster', 'list', '--token-file', join(directory, 'token')];
    expect(await runLifeboat(args, noToken)).toMatchObject({
      exit: 0,
      stdout: expect.stringContaining('No cluster yet'),
    });
  });
});

it('a wait outlives a server that is away for a moment', async () => {
  await withCluster();
  const waiting = lifeboat('backup', 'run', '--cluster', 'portal', '--wait', '--json');
  while (current.sets.length === 0) await new Promise((resolve) => setTimeout(resolve, 20));
  const { port } = listener;
  const authority = await CertificateAuthority.open(directory, clock);
  const services = current;
  await listener.close();
  const app = createHttpApp(services, { log: silentLog, clock });
  const credentials = await authority.serverCredentials(['localhost']);
  services.nextOfSet.push({ ...SEALED, guarantee: 'consistent' });
  listener = await HttpsListener.open(app, { ...credentials, host: '127.0.0.1', port });
  expect(await waiting).toMatchObject({ exit: 0 });
});
