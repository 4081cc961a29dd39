import { Buffer } from 'node:buffer';
import { createPublicKey, verify, type KeyObject } from 'node:crypto';
import { asBuffer, LifeboatError } from '@lifeboat/kernel';
import { damaged, unsupported } from '../bytes/damaged.ts';
import { canonicalJson } from './canonical-json.ts';

/** Ed25519. */
export interface Signer {
  /** 32 bytes. */
  readonly publicKey: Uint8Array;
  sign(bytes: Uint8Array): Uint8Array;
}

/** Which vault, and under which name in it, a record is for: it cannot be passed off as another. */
export interface RecordBinding {
  readonly vault: string;
  readonly name: string;
}

export interface RecordEnvelope {
  readonly format: string;
  readonly version: number;
  readonly requires: readonly string[];
  readonly uses: readonly string[];
  readonly kind: string;
  readonly vault: string;
  readonly name: string;
  readonly [field: string]: unknown;
}

export const RECORD_FORMAT = 'lifeboat/record';
const SIGNING_CONTEXT = 'lifeboat/v1/record\n';
const SIGNATURE_LENGTH = 64;

export function newEnvelope(kind: string, binding: RecordBinding): RecordEnvelope {
  return {
    format: RECORD_FORMAT,
    version: 1,
    requires: [],
    uses: [],
    kind,
    vault: binding.vault,
    name: binding.name,
  };
}

/** The record's bytes: canonical JSON of the envelope and the signature over everything else in it. */
export function signEnvelope(envelope: RecordEnvelope, signer: Signer): Buffer {
  const signature = Buffer.from(signer.sign(signedBytes(envelope))).toString('base64');
  return Buffer.from(canonicalJson({ ...envelope, signature }));
}

/**
 * Parses and verifies. Fields this release does not know are covered by the signature and kept.
 * Throws FORMAT_DAMAGED, FORMAT_UNSUPPORTED, SIGNATURE_INVALID (also when it is bound to another place).
 */
export function verifyEnvelope(
  bytes: Uint8Array,
  kind: string,
  publicKey: Uint8Array,
  binding: RecordBinding,
): RecordEnvelope {
  const { signature, ...rest } = parseEnvelope(bytes);
  const envelope = rest as unknown as RecordEnvelope;
  const sealed = base64Of(signature, 'signature');
  const isSigned =
    sealed.length === SIGNATURE_LENGTH && verify(null, signedBytes(envelope), ed25519(publicKey), sealed);
  if (!isSigned) throw invalid('is not signed by this vault');
  const bound = envelope.kind === kind && envelope.vault === binding.vault && envelope.name === binding.name;
  if (!bound)
    throw invalid(
      `is a ${envelope.kind} named "${envelope.name}", expected a ${kind} named "${binding.name}"`,
    );
  return envelope;
}

/** Strict base64 of a field. Throws FORMAT_DAMAGED. */
export function base64Of(field: unknown, what: string): Buffer {
  const bytes = typeof field === 'string' ? Buffer.from(field, 'base64') : undefined;
  if (bytes === undefined || bytes.toString('base64') !== field)
    throw damaged(`record: ${what} is not base64`);
  return bytes;
}

function parseEnvelope(bytes: Uint8Array): Record<string, unknown> {
  const text = asBuffer(bytes).toString();
  let value: unknown;
  let isCanonical: boolean;
  try {
    value = JSON.parse(text);
    // One text for one record: no double keys, no second spelling under the same signature.
    isCanonical = canonicalJson(value) === text;
  } catch (error) {
    throw damaged('record: is not JSON', error);
  }
  if (!isCanonical || !isObject(value)) throw damaged('record: is not a canonical JSON object');
  if (value['format'] !== RECORD_FORMAT) throw damaged('record: is of another format');
  if (value['version'] !== 1) throw unsupported('record: version is not known');
  const { requires, uses, kind, vault, name } = value;
  if (!isTextList(requires) || !isTextList(uses))
    throw damaged('record: requires and uses are not lists of names');
  if (requires.length > 0) throw unsupported(`record: requires unknown features (${requires.join(', ')})`);
  if (typeof kind !== 'string' || typeof vault !== 'string' || typeof name !== 'string') {
    throw damaged('record: kind, vault and name are not texts');
  }
  return value;
}

function signedBytes(envelope: RecordEnvelope): Buffer {
  return Buffer.from(SIGNING_CONTEXT + canonicalJson(envelope));
}

function ed25519(publicKey: Uint8Array): KeyObject {
  const x = Buffer.from(publicKey).toString('base64url');
  return createPublicKey({ key: { kty: 'OKP', crv: 'Ed25519', x }, format: 'jwk' });
}

function invalid(what: string): LifeboatError {
  return new LifeboatError('SIGNATURE_INVALID', `record ${what}`, {
    guidance: 'It was changed, moved, or written by another vault. Do not use it; compare with a replica.',
  });
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function isTextList(value: unknown): value is string[] {
  return Array.isArray(value) && value.every((item) => typeof item === 'string');
}
