import type { Machine } from '../machine/describe-machine.ts';
import { summarize, type Summary } from './summarize.ts';
import type { WorkResult } from './work-result.ts';

type Described = Summary & { readonly version: string };

/** What `--json` writes of one work. */
export interface ResultDocument {
  readonly work: string;
  readonly corpus: string;
  readonly machine: Machine;
  readonly lifeboat: Described;
  readonly peers: Readonly<Record<string, Described>>;
  /** Lifeboat ÷ peer, medians on the wall. */
  readonly ratios: Readonly<Record<string, number>>;
}

export function resultDocument({ work, corpus, contenders }: WorkResult, machine: Machine): ResultDocument {
  const [own, ...peers] = contenders.map(
    ({ name, version, measured }) => [name, { version, ...summarize(measured) }] as const,
  );
  const [, lifeboat] = own!;
  return {
    work,
    corpus,
    machine,
    lifeboat,
    peers: Object.fromEntries(peers),
    ratios: Object.fromEntries(peers.map(([name, peer]) => [name, lifeboat.median / peer.median])),
  };
}
