import { mkdir, rm } from 'node:fs/promises';
import path from 'node:path';

import type { Contender } from '../contender.ts';
import { directorySize } from '../machine/directory-size.ts';
import type { MeasuredRun } from '../machine/run-measured.ts';
import { runTool } from '../machine/run-tool.ts';
import { ResticCommands } from './restic-commands.ts';

/** restic into a directory of the same machine: nothing crosses a wire, no server takes its share. */
export async function openRestic(dir: string): Promise<Contender> {
  const repository = path.join(dir, 'repository');
  let restic = new ResticCommands('restic', [], dir);
  let trees: readonly string[] = [];
  const close = () => rm(dir, { recursive: true, force: true });
  const stored = () => directorySize(repository);
  return {
    name: 'restic',
    version: (await runTool('restic', ['version'])).trim(),
    begin: async (of) => {
      await close();
      await mkdir(dir, { recursive: true });
      trees = of;
      restic = new ResticCommands('restic', ['-r', repository], dir);
      await restic.init();
    },
    backup: async (expected) => ({
      ...figures(await restic.backup(trees, expected)),
      stored: await stored(),
    }),
    settle: () => Promise.resolve(),
    restore: async () => {
      const restored = await restic.restore(trees);
      return { measured: figures(restored.run), trees: restored.trees };
    },
    addNode: async () => restic.addNode(),
    close,
  };
}

function figures({ millis, cpu, resident }: MeasuredRun) {
  return { millis, cpu: { restic: cpu }, resident: { restic: resident } };
}
