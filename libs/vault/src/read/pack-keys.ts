import { isBreach, LifeboatError, messageOf, type ClusterId } from '@lifeboat/kernel';
import { keyFrameBody } from '@lifeboat/vault-format';
import type { ReadParts } from '../parts.ts';
import { frameContext } from '../pack/open-packs.ts';
import type { PackBytes } from '../pack/pack-bytes.ts';
import { readPackTable } from '../pack/pack-table.ts';
import { scanPack } from '../pack/scan-pack.ts';

/** What opens the frames of one pack. */
export interface PackKeys {
  /** The cluster’s key of chunk ids. */
  readonly id: Uint8Array;
  /** `keyId` in hex. FORMAT_DAMAGED when the pack does not carry it. */
  session(keyId: string): Promise<Uint8Array>;
}

/** Of a closed pack, from its own bytes: that this process remembers a key says nothing about the next one. */
export async function keysOfPack(parts: ReadParts, cluster: ClusterId, pack: PackBytes): Promise<PackKeys> {
  const alone = { ...parts, keys: parts.keys.afresh() };
  return {
    id: parts.keys.idKey(cluster),
    session: async (keyId) => sessionKeyOf(alone, cluster, pack, null, keyId),
  };
}

/** The session key of a frame, through the wrapped keys that its own pack carries. `keyId` in hex. */
export async function sessionKeyOf(
  parts: ReadParts,
  cluster: ClusterId,
  pack: PackBytes,
  openFile: string | null,
  keyId: string,
): Promise<Buffer> {
  const known = parts.keys.sessionKey(keyId);
  if (known !== undefined) return known;
  const held = openFile === null ? undefined : parts.openPacks?.held(openFile);
  const wrapped =
    held?.wrappedKeys.get(keyId) ??
    (await (openFile === null ? wrappedKeysOf(parts, cluster, pack) : scannedKeys(pack))).get(keyId);
  if (wrapped === undefined) {
    throw new LifeboatError('FORMAT_DAMAGED', `pack ${pack.label} does not carry session key ${keyId}`, {
      guidance:
        'The part of the pack that held the key is damaged; run "lifeboat vault check" to see what is hit.',
    });
  }
  return parts.keys.unwrap(cluster, keyId, wrapped);
}

/** All that a closed pack carries, by hex key id. */
export async function wrappedKeysOf(
  parts: ReadParts,
  cluster: ClusterId,
  pack: PackBytes,
): Promise<Map<string, Buffer>> {
  try {
    return await tabledKeys(parts, cluster, pack);
  } catch (thrown) {
    if (!isBreach(thrown)) throw thrown;
    parts.log.warn(
      { pack: pack.label, reason: messageOf(thrown) },
      'pack table unreadable, scanning for keys',
    );
    return scannedKeys(pack);
  }
}

async function tabledKeys(
  parts: ReadParts,
  cluster: ClusterId,
  pack: PackBytes,
): Promise<Map<string, Buffer>> {
  const rows = await readPackTable(pack, parts.keys, cluster, frameContext(parts.id, cluster));
  const found = new Map<string, Buffer>();
  for (const row of rows) {
    if (row.kind === 'key')
      found.set(row.id.toString('hex'), keyFrameBody(await pack.read(row.offset, row.length)));
  }
  return found;
}

/** Without those that are damaged: the others open what they sealed all the same. */
async function scannedKeys(pack: PackBytes): Promise<Map<string, Buffer>> {
  const found = new Map<string, Buffer>();
  for await (const { frames } of scanPack(pack, await pack.size())) {
    for (const { header, bytes } of frames) {
      const wrapped = header.kind === 'key' ? wholeKey(bytes) : undefined;
      if (wrapped !== undefined) found.set(header.keyId.toString('hex'), Buffer.from(wrapped));
    }
  }
  return found;
}

function wholeKey(frame: Buffer): Buffer | undefined {
  try {
    return keyFrameBody(frame);
  } catch (thrown) {
    if (!isBreach(thrown)) throw thrown;
    return undefined;
  }
}
