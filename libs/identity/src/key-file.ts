import { LifeboatError } from '@lifeboat/kernel';

/** Bytes of the secret of one key epoch. */
export const SECRET_LENGTH = 32;

/** With one secret the file is of version 1, which releases without key epochs read; they refuse version 2. */
const FIRST_VERSION = 1;
const EPOCHS_VERSION = 2;

interface KeyFile {
  readonly version?: unknown;
  readonly root?: unknown;
  readonly secrets?: unknown;
}

/** The text of a key file (FORMAT.md §11): the secret of each key epoch, the first one's in front. */
export function encodeKeyFile(secrets: readonly Uint8Array[]): string {
  const [root, ...more] = secrets.map((secret) => Buffer.from(secret).toString('base64'));
  const file =
    more.length === 0
      ? { version: FIRST_VERSION, root }
      : { version: EPOCHS_VERSION, secrets: [root, ...more] };
  return `${JSON.stringify(file)}\n`;
}

/** @throws FORMAT_DAMAGED, FORMAT_UNSUPPORTED; what the text says is never repeated, for it is the secret. */
export function decodeKeyFile(text: string, file: string): Buffer[] {
  const { version, root, secrets } = parse(text, file);
  if (version !== FIRST_VERSION && version !== EPOCHS_VERSION) {
    throw new LifeboatError('FORMAT_UNSUPPORTED', `the key file ${file} has version ${String(version)}`, {
      guidance: `This program knows versions ${FIRST_VERSION} and ${EPOCHS_VERSION}. Use the release that wrote the file, or a newer one.`,
    });
  }
  const listed = version === FIRST_VERSION ? [root] : secrets;
  if (!Array.isArray(listed) || listed.length === 0) throw damaged(file);
  return listed.map((each: unknown) => {
    const secret = typeof each === 'string' ? Buffer.from(each, 'base64') : Buffer.alloc(0);
    if (secret.length !== SECRET_LENGTH) throw damaged(file);
    return secret;
  });
}

function parse(text: string, file: string): KeyFile {
  try {
    const parsed: unknown = JSON.parse(text);
    if (typeof parsed === 'object' && parsed !== null) return parsed;
  } catch {
    // The parser's error quotes the text, which is the secret: it is left out on purpose.
    throw damaged(file, 'it is not JSON');
  }
  throw damaged(file);
}

function damaged(file: string, detail = 'it does not hold the secrets of a vault'): LifeboatError {
  return new LifeboatError('FORMAT_DAMAGED', `the key file ${file} is damaged: ${detail}`, {
    guidance:
      'Put back a copy of it, or make it again from the recovery kit; a new key cannot open this vault.',
  });
}
