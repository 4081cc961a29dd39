import { parseArgs } from 'node:util';
import { LifeboatError, messageOf } from '@lifeboat/kernel';

import type { Until } from './peers/lifeboat.ts';
import { WITHOUT_CORPUS, WORK_NAMES, type WorkName } from './works/works.ts';

export interface Options {
  readonly works: readonly WorkName[];
  /** Undefined only when no work needs one. */
  readonly corpus: string | undefined;
  readonly peers: readonly string[];
  readonly runs: number;
  readonly until: Until;
  readonly quick: boolean;
  readonly json: string | undefined;
}

/** What a quick look measures: small, and yet of every kind. */
export const QUICK_CORPUS = 'synthetic:files=5000,bytes=270m,big=30m,seed=1';

/** @throws USAGE */
export function readOptions(args: readonly string[]): Options {
  const { values, positionals } = parse(args);
  const { quick, until } = values;
  const [work, ...others] = positionals;
  const works = work === 'all' ? WORK_NAMES : WORK_NAMES.filter((name) => name === work);
  if (works.length === 0 || others.length > 0)
    refuse(`one work is to be named: ${[...WORK_NAMES, 'all', 'fence', 'statement'].join(', ')}`);
  if (until !== 'sealed' && until !== 'proved') return refuse('--until takes sealed or proved');
  const runs = Number(values.runs ?? (quick ? 1 : 5));
  if (!Number.isInteger(runs) || runs < 1) refuse('--runs takes a whole number from 1');
  const corpus = values.corpus ?? (quick ? QUICK_CORPUS : undefined);
  if (corpus === undefined && works.some((name) => !WITHOUT_CORPUS.includes(name)))
    refuse(`${work} needs --corpus DIR[,DIR…] or --corpus synthetic:SPEC`);
  const peers = values.peers.split(',').filter((name) => name !== '');
  return { works, corpus, peers, runs, until, quick, json: values.json };
}

function parse(args: readonly string[]) {
  try {
    return parseArgs({
      args: [...args],
      allowPositionals: true,
      options: {
        corpus: { type: 'string' },
        peers: { type: 'string', default: '' },
        runs: { type: 'string' },
        until: { type: 'string', default: 'sealed' },
        quick: { type: 'boolean', default: false },
        json: { type: 'string' },
      },
    });
  } catch (error) {
    return refuse(messageOf(error));
  }
}

function refuse(why: string): never {
  throw new LifeboatError('USAGE', why, { guidance: 'npm run bench -- --help says more.' });
}
