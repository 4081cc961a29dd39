import path from 'node:path';
import { runProcess } from '@lifeboat/testkit';
import { vaultOf } from './path-cluster.fixture.ts';
import type { ServerProcess } from '@lifeboat/dev-cluster';

/** Lifeboat's own folder in a tree: what a restore set aside until it is finalized. */
const OWN_FOLDER = '/.lifeboat';

/**
 * The differences between two trees as rsync itemizes them: type, mode, owner, times to the nanosecond, links,
 * attributes and ACLs, bytes by checksum. An independent witness: no code of ours reads the trees.
 */
export async function rsyncDifferences(expected: string, actual: string): Promise<string> {
  const flags = [
    '-aHAXSn',
    '--checksum',
    '--delete',
    '--modify-window=-1',
    '--itemize-changes',
    '--numeric-ids',
  ];
  return tool('rsync', [...flags, `--exclude=${OWN_FOLDER}`, `${expected}/`, `${actual}/`]);
}

/** Blocks of 512 bytes that each file really takes, by path: what rsync does not compare of a sparse file. */
export async function allocatedBlocks(tree: string): Promise<Record<string, number>> {
  const prune = ['-path', `${tree}${OWN_FOLDER}`, '-prune', '-o'];
  const listed = await tool('find', [tree, ...prune, '-type', 'f', '-printf', '%b %P\\0']);
  const lines = listed.split('\0').filter((line) => line !== '');
  return Object.fromEntries(
    lines.map((line) => [line.slice(line.indexOf(' ') + 1), Number(line.slice(0, line.indexOf(' ')))]),
  );
}

/** A copy that is not made by us, to compare with later. */
export async function copyTree(from: string, to: string): Promise<void> {
  await tool('cp', ['-a', '--reflink=auto', from, to]);
}

/** Paths of the vault's packs. */
export async function packsOf(server: ServerProcess): Promise<string[]> {
  const listed = await tool('find', [path.join(vaultOf(server), 'packs'), '-type', 'f']);
  return listed
    .split('\n')
    .filter((line) => line !== '')
    .sort();
}

/** Runs a program that must succeed and answers with what it printed. */
export async function tool(command: string, args: readonly string[]): Promise<string> {
  const { code, stdout, stderr } = await runProcess(command, args);
  if (code !== 0) throw new Error(`${command} ${args.join(' ')} exited with ${code}: ${stderr}`);
  return stdout;
}
