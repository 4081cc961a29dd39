import { mkdir, rm } from 'node:fs/promises';
import path from 'node:path';

import type { Survey } from '../corpus/survey.ts';
import { runMeasured, type MeasuredRun } from '../machine/run-measured.ts';
import { WrongResult } from '../wrong-result.ts';

/** Works although some files could not be read: the counts tell whether that matters. */
const INCOMPLETE = 3;

interface Summary {
  readonly total_files_processed: number;
  readonly total_bytes_processed: number;
}

/** The commands of restic that a bench gives, whatever the repository. */
export class ResticCommands {
  readonly #name: string;
  readonly #flags: readonly string[];
  readonly #dir: string;
  #node = 1;

  /** `flags` name the repository; cache and what is restored lie below `dir`. */
  constructor(name: string, flags: readonly string[], dir: string) {
    this.#name = name;
    this.#flags = flags;
    this.#dir = dir;
  }

  async init(): Promise<void> {
    await this.#run('init', '--quiet');
  }

  /** Another machine has another name and no cache yet. */
  addNode(): void {
    this.#node += 1;
  }

  async backup(trees: readonly string[], expected: readonly Survey[]): Promise<MeasuredRun> {
    const run = await this.#run('backup', '--json', '--host', `node-${this.#node}`, ...trees);
    const { total_files_processed: files, total_bytes_processed: bytes } = JSON.parse(
      run.stdout.trim().split('\n').at(-1)!,
    ) as Summary;
    const sum = (key: 'files' | 'bytes'): number => expected.reduce((all, one) => all + one[key], 0);
    if (files !== sum('files') || bytes !== sum('bytes')) {
      const counted = `${sum('files')} files, ${sum('bytes')} bytes`;
      throw new WrongResult(
        this.#name,
        `it backed up ${files} files, ${bytes} bytes; counted are ${counted}`,
      );
    }
    return run;
  }

  /** Answers with where each tree lies then. */
  async restore(trees: readonly string[]): Promise<{ run: MeasuredRun; trees: string[] }> {
    const target = path.join(this.#dir, 'restored');
    await rm(target, { recursive: true, force: true });
    await mkdir(target);
    const run = await this.#run('restore', 'latest', '--host', `node-${this.#node}`, '--target', target);
    return { run, trees: trees.map((tree) => path.join(target, tree)) };
  }

  async #run(...args: string[]): Promise<MeasuredRun> {
    const env = {
      RESTIC_PASSWORD: 'bench',
      RESTIC_CACHE_DIR: path.join(this.#dir, `cache-${this.#node}`),
    };
    const run = await runMeasured('restic', [...this.#flags, ...args], { env });
    if (run.code !== 0 && run.code !== INCOMPLETE)
      throw new WrongResult(this.#name, `restic ${args[0]} ended with ${run.code}: ${run.stderr}`);
    return run;
  }
}
