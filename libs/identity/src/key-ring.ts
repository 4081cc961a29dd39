import { createHash, hkdfSync, randomBytes, sign } from 'node:crypto';
import { invariant, LifeboatError, uuidToBytes, type ClusterId } from '@lifeboat/kernel';
import type { Signer } from '@lifeboat/vault-format';
import { readIfThere } from '@lifeboat/runtime';
import { createFileOnce, PRIVATE_FILE_MODE } from './private-file.ts';
import { readPrivateFile } from './read-private-file.ts';
import { privateKeyFromRaw, rawPublicKeyOf } from './raw-keys.ts';
import { formatRecoveryLines, parseRecoveryLines, wrongFingerprint } from './recovery-text.ts';

/** What one cluster's bytes are sealed, named, cut and opened with, in one key epoch. Each key has 32 bytes. */
export interface ClusterKeys {
  readonly epoch: number;
  /** X25519: session keys are wrapped to it. The only one besides `idKey` and `gearKey` that agents get. */
  readonly publicKey: Buffer;
  readonly privateKey: Buffer;
  readonly idKey: Buffer;
  readonly gearKey: Buffer;
  readonly tableKey: Buffer;
  readonly documentKey: Buffer;
}

type Purpose = 'seal' | 'id' | 'gear' | 'table' | 'document' | 'control' | 'sign';

export const ROOT_SECRET_LENGTH = 32;
const KEY_LENGTH = 32;
const FIRST_EPOCH = 1;
const VAULT_WIDE = new Uint8Array(0);

/**
 * Every key of a vault, derived from one root secret, so that the secret alone opens everything.
 *
 *     key = HKDF-SHA256(secret = root, salt = the cluster id's 16 bytes, info = "lifeboat/v1/<purpose>/<epoch>")
 *
 * The salt is empty for what belongs to the whole vault (control, sign), whose epoch is always 1.
 */
export class KeyRing {
  readonly signer: Signer;
  /** Seals control records, which belong to no cluster. */
  readonly controlKey: Buffer;
  readonly #root: Buffer;
  readonly #clusters = new Map<string, ClusterKeys>();

  private constructor(root: Uint8Array) {
    this.#root = Buffer.from(root);
    this.controlKey = this.#derive('control', VAULT_WIDE, FIRST_EPOCH);
    const signingKey = privateKeyFromRaw('ed25519', this.#derive('sign', VAULT_WIDE, FIRST_EPOCH));
    this.signer = {
      publicKey: rawPublicKeyOf(signingKey),
      sign: (bytes) => sign(null, bytes, signingKey),
    };
  }

  /**
   * The key ring of a file, made with a fresh random secret when the file is absent.
   *
   * @throws FORMAT_DAMAGED, FORMAT_UNSUPPORTED
   */
  static async open(file: string): Promise<KeyRing> {
    const text =
      (await readIfThere(file)) ??
      (await createFileOnce(file, encodeKeyFile(randomBytes(ROOT_SECRET_LENGTH)), PRIVATE_FILE_MODE));
    return KeyRing.fromRoot(decodeKeyFile(text, file));
  }

  /**
   * The key ring of a file that has to be there, and to be its owner's alone.
   *
   * @throws NOT_FOUND, KEY_EXPOSED, FORMAT_DAMAGED, FORMAT_UNSUPPORTED
   */
  static async read(file: string): Promise<KeyRing> {
    return KeyRing.fromRoot(decodeKeyFile(await readPrivateFile(file), file));
  }

  static fromRoot(root: Uint8Array): KeyRing {
    invariant(root.length === ROOT_SECRET_LENGTH, `a root secret has ${ROOT_SECRET_LENGTH} bytes`);
    return new KeyRing(root);
  }

  /** The key ring of a printed recovery kit. @throws FORMAT_DAMAGED on a typing mistake, naming the line. */
  static fromRecoveryText(text: string): KeyRing {
    const { root, fingerprint } = parseRecoveryLines(text);
    const keyRing = KeyRing.fromRoot(root);
    if (keyRing.fingerprint !== fingerprint) throw wrongFingerprint();
    return keyRing;
  }

  /** Which key this is, for people to compare: 16 hex digits of the SHA-256 of the public signing key. No secret. */
  get fingerprint(): string {
    return createHash('sha256').update(this.signer.publicKey).digest('hex').slice(0, 16);
  }

  clusterKeys(cluster: ClusterId, epoch: number = FIRST_EPOCH): ClusterKeys {
    invariant(Number.isSafeInteger(epoch) && epoch >= FIRST_EPOCH, 'key epochs count from 1');
    const name = `${cluster}/${epoch}`;
    const known = this.#clusters.get(name);
    if (known !== undefined) return known;
    const keys = this.#deriveClusterKeys(cluster, epoch);
    this.#clusters.set(name, keys);
    return keys;
  }

  /** The lines of a recovery kit that count: whoever holds them can read the whole vault. */
  recoveryLines(): string[] {
    return formatRecoveryLines(this.#root, this.fingerprint);
  }

  #deriveClusterKeys(cluster: ClusterId, epoch: number): ClusterKeys {
    const salt = uuidToBytes(cluster);
    const derive = (purpose: Purpose): Buffer => this.#derive(purpose, salt, epoch);
    const privateKey = derive('seal');
    return {
      epoch,
      publicKey: rawPublicKeyOf(privateKeyFromRaw('x25519', privateKey)),
      privateKey,
      idKey: derive('id'),
      gearKey: derive('gear'),
      tableKey: derive('table'),
      documentKey: derive('document'),
    };
  }

  #derive(purpose: Purpose, salt: Uint8Array, epoch: number): Buffer {
    return Buffer.from(hkdfSync('sha256', this.#root, salt, `lifeboat/v1/${purpose}/${epoch}`, KEY_LENGTH));
  }
}

const KEY_FILE_VERSION = 1;

function encodeKeyFile(root: Uint8Array): string {
  return `${JSON.stringify({ version: KEY_FILE_VERSION, root: Buffer.from(root).toString('base64') })}\n`;
}

function decodeKeyFile(text: string, file: string): Buffer {
  const { version, root } = parseKeyFile(text, file);
  if (version !== KEY_FILE_VERSION) {
    throw new LifeboatError('FORMAT_UNSUPPORTED', `the key file ${file} has version ${String(version)}`, {
      guidance: `This program knows version ${KEY_FILE_VERSION}. Use the release that wrote the file, or a newer one.`,
    });
  }
  const secret = typeof root === 'string' ? Buffer.from(root, 'base64') : Buffer.alloc(0);
  if (secret.length !== ROOT_SECRET_LENGTH) throw damagedKeyFile(file);
  return secret;
}

function parseKeyFile(text: string, file: string): { version?: unknown; root?: unknown } {
  try {
    const parsed: unknown = JSON.parse(text);
    if (typeof parsed === 'object' && parsed !== null) return parsed;
  } catch {
    // The parser's error quotes the text, which is the secret: it is left out on purpose.
    throw damagedKeyFile(file, 'it is not JSON');
  }
  throw damagedKeyFile(file);
}

function damagedKeyFile(file: string, detail = 'it does not hold a root secret'): LifeboatError {
  return new LifeboatError('FORMAT_DAMAGED', `the key file ${file} is damaged: ${detail}`, {
    guidance:
      'Put back a copy of it, or make it again from the recovery kit; a new key cannot open this vault.',
  });
}
