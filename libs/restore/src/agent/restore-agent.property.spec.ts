import {
  appendFileSync,
  chmodSync,
  existsSync,
  linkSync,
  lstatSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  renameSync,
  rmSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { rot } from './kept-tree.fixture.ts';
import { Bench, decide, OPERATION } from './restore-agent.fixture.ts';

let bench: Bench;
beforeEach(() => {
  bench = new Bench();
});
afterEach(() => bench.remove());

const EXCLUDED = 'b/c';
/** Time stamps of two phases must not fall into one grain. */
const GRAIN_MILLIS = 20;

type Change = readonly [kind: (typeof KINDS)[number], path: string, other: string];
const KINDS = [
  'write',
  'append',
  'rot',
  'remove',
  'make',
  'rename',
  'mode',
  'time',
  'hard link',
  'symbolic link',
] as const;

const path = fc
  .array(fc.constantFrom('a', 'b', 'c'), { minLength: 1, maxLength: 3 })
  .map((names) => names.join('/'));
const changes = (most: number) =>
  fc.array(fc.tuple(fc.constantFrom(...KINDS), path, path) as fc.Arbitrary<Change>, { maxLength: most });

let written = 0;

/** What a file system refuses is no change. */
function change(root: string, [kind, path, other]: Change): void {
  const [at, to] = [join(root, path), join(root, other)];
  try {
    if (kind === 'write') {
      mkdirSync(join(at, '..'), { recursive: true });
      rmSync(at, { force: true });
      writeFileSync(at, `text ${(written += 1)}`);
    } else if (kind === 'append') appendFileSync(at, '+');
    else if (kind === 'rot') rot(at, 0);
    else if (kind === 'remove') rmSync(at, { recursive: true });
    else if (kind === 'make') mkdirSync(at, { recursive: true });
    else if (kind === 'rename') renameSync(at, to);
    else if (kind === 'mode') chmodSync(at, 0o700 + (written % 64));
    else if (kind === 'time') utimesSync(at, 1_500_000_000, 1_500_000_000 + written);
    else if (kind === 'hard link') linkSync(at, to);
    else symlinkSync('.', at);
  } catch {
    // Not possible with this tree.
  }
}

/** Everything that a restore promises of a tree, but for owners and attributes. */
function picture(root: string): Record<string, string> {
  const seen: Record<string, string> = {};
  const firstNames = new Map<bigint, string>();
  const look = (path: string): void => {
    const at = join(root, path);
    const stat = lstatSync(at, { bigint: true });
    const times = `${stat.mode.toString(8)} ${stat.mtimeNs}`;
    if (stat.isSymbolicLink()) seen[path] = `link ${readlinkSync(at)} ${stat.mtimeNs}`;
    else if (stat.isFile()) {
      if (!firstNames.has(stat.ino)) firstNames.set(stat.ino, path);
      seen[path] = `file ${times} ${readFileSync(at, 'utf8')} as ${firstNames.get(stat.ino)}`;
    } else {
      seen[path] = `directory ${times}`;
      for (const name of readdirSync(at).sort())
        if (name !== '.lifeboat' && join(path, name) !== EXCLUDED) look(join(path, name));
    }
  };
  look('');
  return seen;
}

/** A directory that leads to something excluded stays, also where it is not expected. */
function pictureBeside(expected: Record<string, string>): Record<string, string> {
  const seen = picture(bench.live);
  const leads = existsSync(join(bench.live, EXCLUDED));
  if (leads && !('b' in expected)) delete seen['b'];
  return seen;
}

/** Names of one file inside and outside of what is excluded are no promise. */
function excludedIsApart(root: string): boolean {
  const links = new Map<bigint, Set<boolean>>();
  const look = (path: string, isInside: boolean): void => {
    const stat = lstatSync(join(root, path), { bigint: true });
    if (stat.isFile()) links.set(stat.ino, (links.get(stat.ino) ?? new Set()).add(isInside));
    if (!stat.isDirectory()) return;
    for (const name of readdirSync(join(root, path)))
      if (name !== '.lifeboat') look(join(path, name), isInside || join(path, name) === EXCLUDED);
  };
  look('', false);
  return [...links.values()].every((sides) => sides.size === 1);
}

describe('a restore of any tree over any other', () => {
  it('ends in the set’s tree, and rolled back in the old one, whatever portals do in between', async () => {
    const runs = Number(process.env.RESTORE_RUNS ?? 12);
    const phases = fc.tuple(changes(14), changes(6), changes(4), changes(8), fc.boolean());
    await fc.assert(
      fc.asyncProperty(phases, async ([planted, damage, meanwhile, since, isTrusted]) => {
        for (const folder of [bench.live, bench.stateDir]) rmSync(folder, { recursive: true, force: true });
        mkdirSync(bench.live);
        for (const each of planted) change(bench.live, each);
        fc.pre(excludedIsApart(bench.live));
        const set = picture(bench.live);
        const root = bench.vault.capture(bench.live, [EXCLUDED]);
        const later = Date.now() + 3_600_000;
        const clock = { now: () => new Date(later), monotonic: () => performance.now() };
        const captured = new Date(isTrusted ? later : 0);
        const agent = bench.agent({ clock });
        await sleep(GRAIN_MILLIS);
        for (const each of damage) change(bench.live, each);
        await agent.stage(bench.stage(root, { excludes: [EXCLUDED], captured }), OPERATION);
        await sleep(GRAIN_MILLIS);
        for (const each of meanwhile) change(bench.live, each);
        fc.pre(excludedIsApart(bench.live));
        const old = picture(bench.live);
        await agent.quiesce({ trees: [] }, OPERATION);
        try {
          await agent.settleTrees(OPERATION);
        } catch (error) {
          // The set has a file where something excluded lies: it says so, and nothing has changed.
          expect(error).toMatchObject({ code: 'CONFLICT' });
          await agent.abort(OPERATION);
          expect(picture(bench.live)).toEqual(old);
          return;
        }
        await agent.recordDecision(decide('switch'), OPERATION);
        await agent.switchTrees(OPERATION);
        expect(pictureBeside(set)).toEqual(set);
        await sleep(GRAIN_MILLIS);
        for (const each of since) change(bench.live, each);
        await agent.recordDecision(decide('roll-back'), OPERATION);
        await agent.rollBack(OPERATION);
        expect(pictureBeside(old)).toEqual(old);
        await agent.finalize(OPERATION);
        expect(pictureBeside(old)).toEqual(old);
      }),
      { numRuns: runs },
    );
  }, 600_000);
});
