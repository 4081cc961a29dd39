import { LifeboatError, messageOf } from '@lifeboat/kernel';
import { reusableZstd } from '@lifeboat/runtime/zstd';
import { computeChunkId, openFrame, type FrameHeader } from '@lifeboat/vault-format';

const zstd = reusableZstd();

/** Where a frame lies: its pack and the byte at which it begins. */
export interface Place {
  readonly label: string;
  readonly offset: number;
}

/** Decrypts, decompresses and re-identifies one chunk frame: FORMAT_DAMAGED names the place. */
export function openVerified(
  frame: Uint8Array,
  key: Uint8Array,
  idKey: Uint8Array,
  place: Place,
): { header: FrameHeader; raw: Buffer } {
  const opened = orDamaged(place, () => openFrame(frame, key, zstd));
  const { header, raw } = opened;
  if (!computeChunkId(idKey, header.type, raw).equals(header.chunkId)) {
    throw damaged(place, `its bytes are not those of chunk ${header.chunkId.toString('hex')}`);
  }
  return opened;
}

export function orDamaged<T>(place: Place, open: () => T): T {
  try {
    return open();
  } catch (thrown) {
    throw damaged(place, messageOf(thrown), thrown);
  }
}

export function damaged(place: Place, what: string, cause?: unknown): LifeboatError {
  return new LifeboatError(
    'FORMAT_DAMAGED',
    `pack ${place.label} is damaged at byte ${place.offset}: ${what}`,
    {
      guidance: 'Run "lifeboat vault check" to see which sets are hit; keep the pack, and take a new set.',
      cause,
      context: { pack: place.label, offset: place.offset },
    },
  );
}
