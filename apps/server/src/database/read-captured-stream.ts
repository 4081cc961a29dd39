import type { Readable } from 'node:stream';
import { LifeboatError, type ClusterId } from '@lifeboat/kernel';
import type { Vault } from '@lifeboat/vault';

/** The one file of a capture that was a stream: a dump, or rows. Throws FORMAT_DAMAGED when the capture is none. */
export async function readCapturedStream(vault: Vault, cluster: ClusterId, root: Buffer): Promise<Readable> {
  for await (const entry of vault.manifest(cluster, root)) {
    if (entry.type === 'file') return vault.readFile(cluster, entry);
  }
  throw new LifeboatError('FORMAT_DAMAGED', `the capture ${root.toString('hex')} has no file`);
}
