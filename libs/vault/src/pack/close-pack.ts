import { rm } from 'node:fs/promises';
import { systemCodeOf } from '@lifeboat/kernel';
import { syncDirectory, writeDurably } from '@lifeboat/runtime';
import { packBlob } from '../layout.ts';
import type { VaultParts } from '../parts.ts';
import { frameContext } from './open-packs.ts';
import type { OpenPack } from './open-pack.ts';

/**
 * Table and footer, the name noted beside the file, the file moved into the store, then the catalog's row
 * (ORDERING.md). A crash between any two of these is understood by `recoverOpenPack`.
 */
export async function closePack(parts: VaultParts, pack: OpenPack): Promise<void> {
  const { openPacks, store, catalog, log } = parts;
  const { tableKey } = parts.keys.current(pack.cluster);
  const { name, bytes } = await pack.finish(tableKey, parts.random(12), frameContext(parts.id, pack.cluster));
  await writeDurably(openPacks.intentPath(pack.file), name, { flag: 'w' });
  await syncDirectory(openPacks.directory);
  try {
    await store.put(packBlob(name), { file: pack.path });
  } catch (thrown) {
    // The name is the digest of the bytes: what stands there under it is this pack.
    if (systemCodeOf(thrown) !== 'BLOB_EXISTS') throw thrown;
    await rm(pack.path, { force: true });
  }
  await catalog.packs.close(pack.id, name, bytes);
  openPacks.letGo(pack);
  // The old name is gone for good before the intent may be: without it the file, which may be the store's, would be cut.
  await syncDirectory(openPacks.directory);
  await rm(openPacks.intentPath(pack.file), { force: true });
  log.debug({ pack: name, bytes, frames: pack.rows.count }, 'pack closed');
}
