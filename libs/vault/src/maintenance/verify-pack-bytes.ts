import { setImmediate } from 'node:timers/promises';
import { isLifeboatError, messageOf } from '@lifeboat/kernel';
import { PACK_HEADER_LENGTH } from '@lifeboat/vault-format';
import { hashedPack } from '../pack/hashed-pack.ts';
import type { PackBytes } from '../pack/pack-bytes.ts';
import { scanPack, type ScannedFrame } from '../pack/scan-pack.ts';
import { openVerified } from '../read/open-verified.ts';
import type { PackKeys } from '../read/pack-keys.ts';
import { asFinding, finding, type Finding } from './finding.ts';

export interface PackVerdict {
  readonly findings: readonly Finding[];
  /** Offsets of the chunk frames that decrypt, decompress and are what their ids say. */
  readonly good: ReadonlySet<number>;
}

/**
 * Reads every byte of a closed pack: SHA-256 against its name (`label`), then each frame decrypted, decompressed,
 * re-identified. Knows neither store nor catalog, so that a worker thread can do it.
 */
export async function verifyPackBytes(source: PackBytes, keys: PackKeys): Promise<PackVerdict> {
  const { pack, digest } = hashedPack(source);
  const name = source.label;
  const findings: Finding[] = [];
  const good = new Set<number>();
  try {
    await pack.read(0, PACK_HEADER_LENGTH);
    for await (const { frames, damaged } of scanPack(pack, await pack.size())) {
      for (const { offset, length } of damaged) {
        findings.push(finding(name, 'chunk-damaged', `${length} bytes at byte ${offset} are no frame`));
      }
      for (const frame of frames.filter(({ header }) => header.kind === 'chunk')) {
        const fault = await faultOf(name, keys, frame);
        if (fault === undefined) good.add(frame.offset);
        else findings.push(fault);
        // Verifying is CPU work: whoever waits for this thread goes first.
        await setImmediate();
      }
    }
    if ((await digest()) !== name)
      findings.unshift(finding(name, 'pack-damaged', 'the SHA-256 of its bytes is not its name'));
  } catch (thrown) {
    findings.push(asFinding(name, thrown));
  }
  return { findings, good };
}

async function faultOf(label: string, keys: PackKeys, frame: ScannedFrame): Promise<Finding | undefined> {
  try {
    const key = await keys.session(frame.header.keyId.toString('hex'));
    openVerified(frame.bytes, key, keys.id, { label, offset: frame.offset });
    return undefined;
  } catch (thrown) {
    if (!isLifeboatError(thrown) || thrown.kind !== 'breach') throw thrown;
    return finding(label, 'chunk-damaged', messageOf(thrown));
  }
}
