import { isDeepStrictEqual } from 'node:util';
import { seededBytes, type SeededRandom } from '@lifeboat/testkit';
import {
  decodeUploadRequest,
  encodeUploadRequest,
  FRAMES_HEADROOM,
  framesInPlace,
  UploadRequest,
} from '@lifeboat/wire';
import { DecoderFault, type Decoder } from './decoder.ts';

export const WIRE_DECODERS: readonly Decoder[] = [
  { name: 'upload request', valid: validRequest, decode: readRequest, refusals: [] },
];

function validRequest(random: SeededRandom): Buffer {
  const bytes = seededBytes(random.next(), FRAMES_HEADROOM + 1 + random.integer(2000));
  if (random.integer(2) === 0)
    return encodeUploadRequest(
      framesInPlace(bytes, bytes.length - FRAMES_HEADROOM, BigInt(random.integer(2 ** 40))),
    );
  const frames = { sequence: BigInt(random.integer(1000)), frames: bytes.subarray(FRAMES_HEADROOM) };
  return encodeUploadRequest(UploadRequest.fromPartial({ message: { $case: 'frames', value: frames } }));
}

/** The short cut is no other decoder: it takes what the generated one takes, for the same message. */
function readRequest(bytes: Buffer): void {
  const [own, generated] = [
    outcomeOf(() => decodeUploadRequest(bytes)),
    outcomeOf(() => UploadRequest.decode(bytes)),
  ];
  if (!isDeepStrictEqual(plain(own), plain(generated))) throw new DecoderFault('two decoders, two messages');
}

/** A refusal of the protobuf library has no type of its own: the transport makes an error of the call of it. */
function outcomeOf(decode: () => UploadRequest): UploadRequest | undefined {
  try {
    return decode();
  } catch (thrown) {
    if (!(thrown instanceof Error) || /call stack|allocation/i.test(thrown.message)) throw thrown;
    return undefined;
  }
}

/** Bytes as a Buffer, whichever array they came in. */
function plain(request: UploadRequest | undefined): unknown {
  if (request?.message?.$case !== 'frames') return request;
  const { sequence, frames } = request.message.value;
  return { sequence, frames: Buffer.from(frames) };
}
