import { mkdir, rm } from 'node:fs/promises';
import path from 'node:path';

import type { Contender } from '../contender.ts';
import type { Survey } from '../corpus/survey.ts';
import { directorySize } from '../machine/directory-size.ts';
import { runMeasured, type MeasuredRun } from '../machine/run-measured.ts';
import { runTool } from '../machine/run-tool.ts';
import { WrongResult } from '../wrong-result.ts';

const NAME = 'borg';
/** Ended well, with warnings: the counts tell whether they matter. */
const WARNINGS = 1;

interface Created {
  readonly archive: { readonly stats: { readonly nfiles: number } };
}

/** borg into a directory of the same machine, encrypted (repokey), zstd: nothing crosses a wire. */
export async function openBorg(dir: string): Promise<Contender> {
  const repository = path.join(dir, 'repository');
  let trees: readonly string[] = [];
  let [node, archives] = [1, 0];
  const borg = async (args: readonly string[], cwd = dir): Promise<MeasuredRun> => {
    // Another machine has no cache yet, and no key of its own: the passphrase opens the one in the repository.
    const env = {
      BORG_BASE_DIR: path.join(dir, `base-${node}`),
      BORG_PASSPHRASE: 'bench',
      BORG_RELOCATED_REPO_ACCESS_IS_OK: 'yes',
    };
    const run = await runMeasured('borg', args, { env, cwd });
    if (run.code !== 0 && run.code !== WARNINGS)
      throw new WrongResult(NAME, `borg ${args[0]} ended with ${run.code}: ${run.stderr}`);
    return run;
  };
  const close = () => rm(dir, { recursive: true, force: true });
  const stored = () => directorySize(repository);
  return {
    name: NAME,
    version: (await runTool('borg', ['--version'])).trim(),
    begin: async (of) => {
      await close();
      await mkdir(dir, { recursive: true });
      [trees, node, archives] = [of, 1, 0];
      await borg(['init', '--encryption', 'repokey', repository]);
    },
    backup: async (expected) => {
      archives += 1;
      const archive = `${repository}::${archives}`;
      const run = await borg(['create', '--json', '--compression', 'zstd', archive, ...trees]);
      assertWhole(JSON.parse(run.stdout) as Created, expected);
      return { ...figures(run), stored: await stored() };
    },
    settle: () => Promise.resolve(),
    restore: async () => {
      const target = path.join(dir, 'restored');
      await rm(target, { recursive: true, force: true });
      await mkdir(target);
      const run = await borg(['extract', '--sparse', `${repository}::${archives}`], target);
      return { measured: figures(run), trees: trees.map((tree) => path.join(target, tree)) };
    },
    addNode: async () => {
      node += 1;
    },
    close,
  };
}

function assertWhole({ archive }: Created, expected: readonly Survey[]): void {
  const counted = expected.reduce((sum, { distinctFiles }) => sum + distinctFiles, 0);
  const { nfiles } = archive.stats;
  if (nfiles !== counted) throw new WrongResult(NAME, `it backed up ${nfiles} files; counted are ${counted}`);
}

function figures({ millis, cpu, resident }: MeasuredRun) {
  return { millis, cpu: { borg: cpu }, resident: { borg: resident } };
}
