import { setImmediate } from 'node:timers/promises';
import { isLifeboatError, messageOf, systemCodeOf, type ClusterId, type PackName } from '@lifeboat/kernel';
import { PACK_HEADER_LENGTH } from '@lifeboat/vault-format';
import { hashedPack } from '../pack/hashed-pack.ts';
import { closedPackBytes, type PackBytes } from '../pack/pack-bytes.ts';
import { frameContext } from '../pack/open-packs.ts';
import { readPackHeader, readPackTable } from '../pack/pack-table.ts';
import { scanPack, type ScannedFrame } from '../pack/scan-pack.ts';
import type { ReadParts } from '../parts.ts';
import { openVerified } from '../read/open-verified.ts';
import { sessionKeyOf } from '../read/pack-keys.ts';
import type { Finding } from './finding.ts';

export interface PackVerdict {
  readonly findings: readonly Finding[];
  /** Offsets of the chunk frames that decrypt, decompress and are what their ids say. */
  readonly good: ReadonlySet<number>;
}

/** Header, footer and table of a closed pack, without its data. */
export async function verifyPackFrame(
  parts: ReadParts,
  cluster: ClusterId,
  name: PackName,
): Promise<Finding[]> {
  const pack = closedPackBytes(parts.store, name);
  try {
    const context = await readPackHeader(pack);
    const expected = frameContext(parts.id, cluster);
    if (
      !Buffer.from(context.vault).equals(expected.vault) ||
      !Buffer.from(context.cluster).equals(expected.cluster)
    ) {
      return [finding(name, 'pack-damaged', 'its header names another vault or cluster')];
    }
    await readPackTable(pack, parts.keys, cluster, expected);
    return [];
  } catch (thrown) {
    return [asFinding(name, thrown)];
  }
}

/** Reads every byte back: SHA-256 against the name, then each frame decrypted, decompressed, re-identified. */
export async function verifyPackData(
  parts: ReadParts,
  cluster: ClusterId,
  name: PackName,
): Promise<PackVerdict> {
  const { pack, digest } = hashedPack(closedPackBytes(parts.store, name));
  const findings: Finding[] = [];
  const good = new Set<number>();
  try {
    await pack.read(0, PACK_HEADER_LENGTH);
    for await (const { frames, damaged } of scanPack(pack, await pack.size())) {
      for (const { offset, length } of damaged) {
        findings.push(finding(name, 'chunk-damaged', `${length} bytes at byte ${offset} are no frame`));
      }
      for (const frame of frames.filter(({ header }) => header.kind === 'chunk')) {
        const fault = await faultOf(parts, cluster, pack, frame);
        if (fault === undefined) good.add(frame.offset);
        else findings.push(fault);
        // Verifying is CPU work: whoever waits for the server goes first.
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

async function faultOf(
  parts: ReadParts,
  cluster: ClusterId,
  pack: PackBytes,
  frame: ScannedFrame,
): Promise<Finding | undefined> {
  try {
    const key = await sessionKeyOf(parts, cluster, pack, null, frame.header.keyId.toString('hex'));
    openVerified(frame.bytes, key, await parts.keys.idKeys(cluster), {
      label: pack.label,
      offset: frame.offset,
    });
    return undefined;
  } catch (thrown) {
    if (!isLifeboatError(thrown) || thrown.kind !== 'breach') throw thrown;
    return finding(pack.label, 'chunk-damaged', messageOf(thrown));
  }
}

export function finding(subject: string, kind: Finding['kind'], message: string): Finding {
  return { subject, kind, message };
}

/** Damage becomes a finding; trouble that says nothing about the pack (a disk gone, the catalog) is thrown on. */
export function asFinding(name: string, thrown: unknown): Finding {
  if (systemCodeOf(thrown) === 'BLOB_NOT_FOUND')
    return finding(name, 'pack-missing', 'it is not in the vault');
  if (!isLifeboatError(thrown) || thrown.kind !== 'breach') throw thrown;
  return finding(name, 'pack-damaged', messageOf(thrown));
}
