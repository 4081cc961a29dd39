import { createCipheriv } from 'node:crypto';
import { reusableZstd } from '@lifeboat/runtime/zstd';
import { seededBytes, type SeededRandom } from '@lifeboat/testkit';
import {
  computeChunkId,
  decodeFrameHeader,
  encodeKeyFrame,
  FRAME_HEADER_LENGTH,
  FrameSealer,
  keyFrameBody,
  keyIdOf,
  MAX_RAW_LENGTH,
  nextFrame,
  openFrame,
} from '@lifeboat/vault-format';
import { mendCrc } from './crc.ts';
import { BREACHES, DecoderFault, type Decoder } from './decoder.ts';
import { CONTEXT, KEYS, SESSION_KEY, WRAPPED_KEY } from './keys.ts';

const HEADER_CRC_AT = 116;
const BODY_LENGTH_AT = 104;
const TAG_LENGTH = 16;
const MAGIC = Buffer.from('\x89LBFram\n', 'latin1');
const zstd = reusableZstd();

export const FRAME_DECODERS: readonly Decoder[] = [
  {
    name: 'frame header',
    valid: (random) => validFrame(random).subarray(0, FRAME_HEADER_LENGTH),
    mend: mendHeader,
    decode: (bytes) => void decodeFrameHeader(bytes),
    refusals: BREACHES,
  },
  {
    name: 'frame',
    valid: validFrame,
    mend: (bytes) => reseal(bytes),
    decode(bytes) {
      // Both decompressors take the same frames for the same bytes.
      const raws = [openFrame(bytes, SESSION_KEY), openFrame(bytes, SESSION_KEY, zstd)];
      if (!raws[0]!.raw.equals(raws[1]!.raw)) throw new DecoderFault('two decompressors, two results');
    },
    refusals: BREACHES,
    allowance: 2 * MAX_RAW_LENGTH,
  },
  {
    name: 'key frame',
    valid: () => encodeKeyFrame(CONTEXT, WRAPPED_KEY),
    mend: mendHeader,
    decode: (bytes) => void keyFrameBody(bytes),
    refusals: BREACHES,
  },
  {
    name: 'frames in a row',
    valid: validFrames,
    mend: mendHeaders,
    decode: walk,
    refusals: [],
  },
];

/** As compressible as files are: not at all, or very. */
function validFrame(random: SeededRandom): Buffer {
  const noise = seededBytes(random.next(), random.integer(300));
  const raw =
    random.integer(2) === 0 ? noise : Buffer.concat([noise, Buffer.alloc(random.integer(5000), 'ab')]);
  const sealer = new FrameSealer(CONTEXT, keyIdOf(WRAPPED_KEY), SESSION_KEY);
  const type = random.pick(['data', 'segment', 'root'] as const);
  return sealer.seal(type, computeChunkId(KEYS.idKey, type, raw), raw);
}

function validFrames(random: SeededRandom): Buffer {
  const frames = Array.from({ length: 1 + random.integer(4) }, () => validFrame(random));
  return Buffer.concat([encodeKeyFrame(CONTEXT, WRAPPED_KEY), ...frames]);
}

function mendHeader(bytes: Buffer): Buffer {
  return mendCrc(bytes, HEADER_CRC_AT);
}

/** A body changed before it was sealed: what a bad writer with a good key may send. */
function reseal(bytes: Buffer): Buffer {
  if (bytes.length < FRAME_HEADER_LENGTH + TAG_LENGTH) return bytes;
  const body = bytes.subarray(FRAME_HEADER_LENGTH, -TAG_LENGTH);
  const plain = deciphered(bytes, body);
  bytes.writeUInt32BE(body.length + TAG_LENGTH, BODY_LENGTH_AT);
  mendHeader(bytes);
  const cipher = createCipheriv('aes-256-gcm', SESSION_KEY, nonceOf(bytes), { authTagLength: TAG_LENGTH });
  cipher.setAAD(bytes.subarray(0, FRAME_HEADER_LENGTH));
  return Buffer.concat([
    bytes.subarray(0, FRAME_HEADER_LENGTH),
    cipher.update(plain),
    cipher.final(),
    cipher.getAuthTag(),
  ]);
}

/** A changed bit of the ciphertext is the same bit of the plain bytes: GCM is a stream cipher, its own inverse. */
function deciphered(header: Buffer, body: Buffer): Buffer {
  return createCipheriv('aes-256-gcm', SESSION_KEY, nonceOf(header)).update(body);
}

function nonceOf(header: Buffer): Buffer {
  return Buffer.concat([Buffer.alloc(4), header.subarray(108, 116)]);
}

function mendHeaders(bytes: Buffer): Buffer {
  for (let at = bytes.indexOf(MAGIC); at !== -1; at = bytes.indexOf(MAGIC, at + 1))
    mendHeader(bytes.subarray(at, at + FRAME_HEADER_LENGTH));
  return bytes;
}

/** Any bytes have an end, and each step comes nearer to it. */
function walk(bytes: Buffer): void {
  for (let at = 0; at < bytes.length;) {
    const next = nextFrame(bytes, at);
    if (next.kind === 'end') return;
    if (next.kind === 'incomplete') {
      if (next.need <= bytes.length - at) throw new DecoderFault(`wants ${next.need} bytes, which are there`);
      return;
    }
    const following = next.kind === 'frame' ? next.end : Math.max(next.resumeAt, at + 1);
    if (following <= at) throw new DecoderFault(`stands still at byte ${at}`);
    at = following;
  }
}
