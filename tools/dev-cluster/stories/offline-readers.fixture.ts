import path from 'node:path';
import { runProcess } from '@lifeboat/testkit';

import { runCli, type CliResult } from '../src/index.ts';

const SECOND_READER = path.resolve(import.meta.dirname, '../../second-reader/read_vault.py');

/** A program that reads a vault with nothing but the vault and its key. */
export interface OfflineReader {
  list(vault: string, key: string): Promise<CliResult>;
  /** Prints `{findings: […]}`, and fails when there are some. */
  verify(vault: string, key: string): Promise<CliResult>;
  extract(vault: string, secret: readonly string[], to: string, more?: readonly string[]): Promise<CliResult>;
}

/** Neither is told of a server: what they need is in the arguments. */
export const OFFLINE_READERS: Readonly<Record<string, OfflineReader>> = {
  'lifeboat vault restore': {
    list: (vault, key) => runCli(['vault', 'list', '--vault', vault, '--key', key, '--json'], {}),
    verify: (vault, key) =>
      runCli(['vault', 'check', '--read-data', '--vault', vault, '--key', key, '--json'], {}),
    extract: (vault, secret, to, more = []) =>
      runCli(['vault', 'restore', '--vault', vault, ...secret, '--to', to, '--json', ...more], {}),
  },
  'the second reader': {
    list: (vault, key) => python(['list', '--vault', vault, '--key', key, '--json']),
    verify: (vault, key) => python(['verify', '--vault', vault, '--key', key, '--json']),
    extract: (vault, secret, to, more = []) =>
      python(['extract', '--vault', vault, ...secret, '--to', to, '--json', ...more]),
  },
};

/** Debian's own Python: the packages it needs are Debian's. */
function python(args: readonly string[]): Promise<CliResult> {
  return runProcess('/usr/bin/python3', ['-B', SECOND_READER, ...args]);
}
