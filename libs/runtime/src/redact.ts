import { isLifeboatError } from '@lifeboat/kernel';

/** Fields whose name ends in one of these are never written: `password`, `privateKey`, `join_token`… */
const SECRET_NAME = /(password|passphrase|token|secret|key|authorization|cookie)s?$/i;
/** …but these name public things. */
const PUBLIC_NAME = /(public_?key|idempotency_?key)s?$/i;
/** Passwords inside URLs. */
const URL_PASSWORD = /([a-z][a-z0-9+.-]*:\/\/[^\s:/@]*):[^\s/@]*@/gi;

const HIDDEN = '[hidden]';
const MAX_DEPTH = 8;
const MAX_BYTES = 64;

/** `postgres://user:***@host/name` for every URL in a text. */
export function redactText(text: string): string {
  return text.replace(URL_PASSWORD, '$1:***@');
}

/** A copy that is safe to log and that JSON can say: secrets hidden, errors told, bytes as hex, bigints as text. */
export function redact(value: unknown, depth = 0): unknown {
  if (typeof value === 'string') return redactText(value);
  if (typeof value === 'bigint') return value.toString();
  if (typeof value !== 'object' || value === null) return value;
  if (depth >= MAX_DEPTH) return '[deep]';
  if (ArrayBuffer.isView(value)) return hexOf(value);
  if (value instanceof Date) return value;
  if (isErrorLike(value)) return redactError(value, depth);
  if (Array.isArray(value)) return value.map((item) => redact(item, depth + 1));
  return redactFields(value, depth);
}

export function redactFields(fields: object, depth = 0): Record<string, unknown> {
  return Object.fromEntries(
    Object.entries(fields).map(([name, value]) => [
      name,
      isSecret(name, value) ? HIDDEN : redact(value, depth + 1),
    ]),
  );
}

function isSecret(name: string, value: unknown): boolean {
  return value !== undefined && value !== null && SECRET_NAME.test(name) && !PUBLIC_NAME.test(name);
}

function redactError(error: Error, depth: number): Record<string, unknown> {
  const told = isLifeboatError(error) ? { guidance: error.guidance, context: error.context } : {};
  const { code } = error as { code?: unknown };
  return redactFields(
    { type: error.name, code, message: error.message, ...told, cause: error.cause, stack: error.stack },
    depth,
  );
}

/** Structural: errors of other realms are errors. */
function isErrorLike(value: object): value is Error {
  return 'message' in value && 'stack' in value && typeof value.message === 'string';
}

function hexOf(view: ArrayBufferView): string {
  const bytes = Buffer.from(view.buffer, view.byteOffset, view.byteLength);
  return bytes.length <= MAX_BYTES
    ? bytes.toString('hex')
    : `${bytes.toString('hex', 0, MAX_BYTES)}… (${bytes.length} bytes)`;
}
