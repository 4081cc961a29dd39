import { Buffer } from 'node:buffer';
import { asBuffer, CHUNK_ID_LENGTH, invariant } from '@lifeboat/kernel';
import { damaged } from '../bytes/damaged.ts';
import { keyIdOf } from './chunk-id.ts';
import { encodeFrameHeader, MAX_WRAPPED_KEY, type FrameContext } from './frame-header.ts';
import { split } from './open-frame.ts';

/** Carries a session key, wrapped to the cluster's public key, so that a pack can be read on its own. */
export function encodeKeyFrame(context: FrameContext, wrapped: Uint8Array): Buffer {
  invariant(wrapped.length > 0 && wrapped.length <= MAX_WRAPPED_KEY, 'a wrapped key has 1 to 1024 bytes');
  const header = encodeFrameHeader({
    kind: 'key',
    type: 'data',
    codec: 'raw',
    vault: asBuffer(context.vault),
    cluster: asBuffer(context.cluster),
    keyId: keyIdOf(wrapped),
    chunkId: Buffer.alloc(CHUNK_ID_LENGTH),
    rawLength: wrapped.length,
    bodyLength: wrapped.length,
    counter: 0n,
  });
  return Buffer.concat([header, wrapped]);
}

/** The wrapped key of a whole key frame. Throws FORMAT_DAMAGED, also when its id is not that of its bytes. */
export function keyFrameBody(frame: Uint8Array): Buffer {
  const { header, body } = split(frame, 'key');
  if (!keyIdOf(body).equals(header.keyId)) throw damaged('key frame: the key is not the one its id names');
  return body;
}
