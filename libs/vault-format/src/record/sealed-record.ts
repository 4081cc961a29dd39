import { Buffer } from 'node:buffer';
import { createCipheriv, createDecipheriv } from 'node:crypto';
import { zstdCompressSync } from 'node:zlib';
import { invariant, LifeboatError } from '@lifeboat/kernel';
import { damaged } from '../bytes/damaged.ts';
import { decompress } from '../frame/compression.ts';
import { canonicalJson } from './canonical-json.ts';
import {
  base64Of,
  newEnvelope,
  signEnvelope,
  verifyEnvelope,
  type RecordBinding,
  type RecordEnvelope,
  type Signer,
} from './record-envelope.ts';

const TAG_LENGTH = 16;
const NONCE_LENGTH = 12;
/** Of the canonical JSON inside: the largest statement worth writing, and a bound for readers. */
export const MAX_RECORD_LENGTH = 64 * 1024 * 1024;

/**
 * A signed envelope around sealed contents: body = base64(AES-256-GCM(zstd(canonical JSON of plain)) ‖ tag), under
 * a nonce never used before with this key. The envelope without body and signature is authenticated with it.
 */
export function sealRecord(
  kind: string,
  plain: unknown,
  keys: { documentKey: Uint8Array; nonce: Uint8Array },
  signer: Signer,
  binding: RecordBinding,
): Buffer {
  invariant(keys.nonce.length === NONCE_LENGTH, 'a nonce has 12 bytes');
  const text = Buffer.from(canonicalJson(plain));
  invariant(text.length <= MAX_RECORD_LENGTH, 'a record has at most 64 MiB');
  const nonce = Buffer.from(keys.nonce).toString('base64');
  const envelope = { ...newEnvelope(kind, binding), length: text.length, nonce };
  const cipher = createCipheriv('aes-256-gcm', keys.documentKey, keys.nonce, { authTagLength: TAG_LENGTH });
  cipher.setAAD(Buffer.from(canonicalJson(envelope)));
  const body = Buffer.concat([cipher.update(zstdCompressSync(text)), cipher.final(), cipher.getAuthTag()]);
  return signEnvelope({ ...envelope, body: body.toString('base64') }, signer);
}

/** Throws SIGNATURE_INVALID, DECRYPTION_FAILED, FORMAT_DAMAGED, FORMAT_UNSUPPORTED. */
export function openRecord(
  bytes: Uint8Array,
  kind: string,
  documentKey: Uint8Array,
  publicKey: Uint8Array,
  binding: RecordBinding,
): unknown {
  const { body, ...envelope } = verifyEnvelope(bytes, kind, publicKey, binding);
  const length = envelope['length'];
  if (typeof length !== 'number' || !Number.isInteger(length) || length < 1 || length > MAX_RECORD_LENGTH) {
    throw damaged('record: length out of range');
  }
  const packed = decrypt(base64Of(body, 'body'), envelope as unknown as RecordEnvelope, documentKey);
  return parse(decompress(packed, length));
}

function decrypt(sealed: Buffer, envelope: RecordEnvelope, documentKey: Uint8Array): Buffer {
  const nonce = base64Of(envelope['nonce'], 'nonce');
  const bodyLength = sealed.length - TAG_LENGTH;
  if (nonce.length !== NONCE_LENGTH || bodyLength < 0) throw damaged('record: nonce or body too short');
  try {
    const decipher = createDecipheriv('aes-256-gcm', documentKey, nonce, { authTagLength: TAG_LENGTH });
    decipher.setAAD(Buffer.from(canonicalJson(envelope)));
    decipher.setAuthTag(sealed.subarray(bodyLength));
    return Buffer.concat([decipher.update(sealed.subarray(0, bodyLength)), decipher.final()]);
  } catch (error) {
    throw new LifeboatError('DECRYPTION_FAILED', `record "${envelope.name}" does not open`, {
      guidance: 'It is sealed under another key: check the key epoch and the recovery kit.',
      cause: error,
    });
  }
}

function parse(text: Buffer): unknown {
  try {
    return JSON.parse(text.toString());
  } catch (error) {
    throw damaged('record: contents are not JSON', error);
  }
}
