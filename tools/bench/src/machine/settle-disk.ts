import { runProcess } from '@lifeboat/testkit';

/** Writes out what others left in the page cache: its cost belongs to them, not to whom is measured next. */
export async function settleDisk(directory: string): Promise<void> {
  await runProcess('sync', ['--file-system', directory]);
}
