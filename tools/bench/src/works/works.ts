import type { Work } from '../bench.ts';
import { backup } from './backup.ts';
import { changed } from './changed.ts';
import { dedup } from './dedup.ts';
import { delta } from './delta.ts';
import { incremental } from './incremental.ts';
import { lookup } from './lookup.ts';
import { memory } from './memory.ts';
import { restore } from './restore.ts';

export const WORKS = {
  backup,
  incremental,
  changed,
  restore,
  delta,
  dedup,
  memory,
  lookup,
} as const satisfies Record<string, Work>;

export type WorkName = keyof typeof WORKS;

export const WORK_NAMES = Object.keys(WORKS) as readonly WorkName[];

/** These make what they measure. */
export const WITHOUT_CORPUS: readonly WorkName[] = ['memory', 'lookup'];
