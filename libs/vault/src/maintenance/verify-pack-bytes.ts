import { setImmediate } from 'node:timers/promises';
import type { FramePlaces } from '@lifeboat/catalog';
import { CHUNK_ID_LENGTH } from '@lifeboat/kernel';
import { PACK_HEADER_LENGTH } from '@lifeboat/vault-format';
import { hashedPack } from '../pack/hashed-pack.ts';
import type { PackBytes } from '../pack/pack-bytes.ts';
import { scanPack, type Gap, type ScannedFrame } from '../pack/scan-pack.ts';
import { openVerified } from '../read/open-verified.ts';
import type { PackKeys } from '../read/pack-keys.ts';
import { damageFinding, finding, packFinding, type Finding } from './finding.ts';

export interface PackVerdict {
  readonly findings: readonly Finding[];
  /** The chunk frames that decrypt, decompress and are what their ids say. */
  readonly good: FramePlaces;
}

/**
 * Reads every byte of a closed pack: SHA-256 against its name (`label`), then each frame decrypted, decompressed,
 * re-identified. Knows neither store nor catalog, so that a worker thread can do it.
 */
export async function verifyPackBytes(source: PackBytes, keys: PackKeys): Promise<PackVerdict> {
  const { pack, digest } = hashedPack(source);
  const name = source.label;
  const findings: Finding[] = [];
  const good: { offset: number; id: Buffer }[] = [];
  try {
    await pack.read(0, PACK_HEADER_LENGTH);
    for await (const { frames, damaged } of scanPack(pack, await pack.size())) {
      findings.push(...damaged.map((gap) => gapFinding(name, gap)));
      for (const frame of frames.filter(({ header }) => header.kind === 'chunk')) {
        const fault = await faultOf(name, keys, frame);
        if (fault === undefined) good.push({ offset: frame.offset, id: Buffer.from(frame.header.chunkId) });
        else findings.push(fault);
        // Verifying is CPU work: whoever waits for this thread goes first.
        await setImmediate();
      }
    }
    if ((await digest()) !== name)
      findings.unshift(finding(name, 'pack-damaged', 'the SHA-256 of its bytes is not its name'));
  } catch (thrown) {
    findings.push(packFinding(name, thrown));
  }
  return { findings, good: placesOf(good) };
}

function placesOf(frames: readonly { readonly offset: number; readonly id: Buffer }[]): FramePlaces {
  const ids = new Uint8Array(frames.length * CHUNK_ID_LENGTH);
  for (const [index, { id }] of frames.entries()) ids.set(id, index * CHUNK_ID_LENGTH);
  return { offsets: frames.map(({ offset }) => offset), ids };
}

function gapFinding(label: string, { offset, length, isNewer }: Gap): Finding {
  const where = `${length} bytes at byte ${offset}`;
  return isNewer
    ? finding(label, 'newer-release', `${where} were written by a newer release`)
    : finding(label, 'chunk-damaged', `${where} are no frame`);
}

async function faultOf(label: string, keys: PackKeys, frame: ScannedFrame): Promise<Finding | undefined> {
  try {
    const key = await keys.session(frame.header.keyId.toString('hex'));
    openVerified(frame.bytes, key, keys.id, { label, offset: frame.offset });
    return undefined;
  } catch (thrown) {
    return damageFinding(label, 'chunk-damaged', thrown);
  }
}
