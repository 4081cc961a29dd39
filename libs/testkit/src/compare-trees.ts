import { runProcess } from './run-process.ts';

/**
 * The differences between two trees as rsync itemizes them (empty: none): contents by checksum, modes, owners,
 * times, links, extended attributes, sparse or not. An independent witness: no code of ours reads the trees.
 */
export async function compareTrees(
  expected: string,
  actual: string,
  options: { readonly excludes?: readonly string[]; readonly ignoreTimesOfDirectories?: boolean } = {},
): Promise<string[]> {
  const excludes = (options.excludes ?? []).map((path) => `--exclude=/${path}`);
  const flags = ['--dry-run', '--itemize-changes', '--checksum', '--delete', '-aHAX', '--numeric-ids'];
  if (options.ignoreTimesOfDirectories === true) flags.push('--omit-dir-times');
  const result = await runProcess('rsync', [...flags, ...excludes, `${expected}/`, `${actual}/`]);
  if (result.code !== 0) throw new Error(`rsync failed: ${result.stderr}`);
  return result.stdout.split('\n').filter((line) => line !== '');
}
