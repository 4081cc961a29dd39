import { createHash, hkdfSync, randomBytes, sign } from 'node:crypto';
import { invariant, LifeboatError, messageOf, uuidToBytes, type ClusterId } from '@lifeboat/kernel';
import type { Signer } from '@lifeboat/vault-format';
import { readIfThere } from '@lifeboat/runtime';
import { decodeKeyFile, encodeKeyFile, SECRET_LENGTH } from './key-file.ts';
import { createFileOnce, PRIVATE_FILE_MODE, replaceFile } from './private-file.ts';
import { readPrivateFile } from './read-private-file.ts';
import { privateKeyFromRaw, rawPublicKeyOf } from './raw-keys.ts';
import { formatRecoveryLines, parseRecoveryLines, wrongFingerprint } from './recovery-text.ts';

/** What one cluster's bytes are sealed, named, cut and opened with, in one key epoch. Each key has 32 bytes. */
export interface ClusterKeys {
  readonly epoch: number;
  /** X25519: session keys are wrapped to it. The only one besides `idKey` and `gearKey` that agents get. */
  readonly publicKey: Buffer;
  readonly privateKey: Buffer;
  readonly tableKey: Buffer;
  readonly documentKey: Buffer;
  /** These two are the same in every epoch: what a chunk is called and where streams are cut decide what is known already. */
  readonly idKey: Buffer;
  readonly gearKey: Buffer;
}

type Purpose = 'seal' | 'id' | 'gear' | 'table' | 'document' | 'control' | 'sign';

const KEY_LENGTH = 32;
const FIRST_EPOCH = 1;
const VAULT_WIDE = new Uint8Array(0);

/**
 * Every key of a vault, derived from the secrets of its key epochs, so that these alone open everything.
 *
 *     key = HKDF-SHA256(secret of the epoch, salt = the cluster id's 16 bytes, info = "lifeboat/v1/<purpose>/<epoch>")
 *
 * The salt is empty for what belongs to the whole vault (control, sign). Epochs count from 1; the first one's secret is the
 * root secret, from which ids, gear and the signing key come for ever. A later epoch's secret is random and cannot be had
 * from an earlier one's: who has stolen a key file opens nothing that is sealed in the epochs after it.
 */
export class KeyRing {
  readonly signer: Signer;
  /** By epoch, the first in front. */
  #secrets: readonly Buffer[];
  readonly #clusters = new Map<string, ClusterKeys>();
  #beginning: Promise<number> = Promise.resolve(FIRST_EPOCH);

  private constructor(secrets: readonly Uint8Array[]) {
    this.#secrets = secrets.map((secret) => Buffer.from(secret));
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
      (await createFileOnce(file, encodeKeyFile([randomBytes(SECRET_LENGTH)]), PRIVATE_FILE_MODE));
    return KeyRing.fromSecrets(decodeKeyFile(text, file));
  }

  /**
   * The key ring of a file that has to be there, and to be its owner's alone.
   *
   * @throws NOT_FOUND, KEY_EXPOSED, FORMAT_DAMAGED, FORMAT_UNSUPPORTED
   */
  static async read(file: string): Promise<KeyRing> {
    return KeyRing.fromSecrets(decodeKeyFile(await readPrivateFile(file), file));
  }

  static fromRoot(root: Uint8Array): KeyRing {
    return KeyRing.fromSecrets([root]);
  }

  /** Of every epoch its secret, the first in front. */
  static fromSecrets(secrets: readonly Uint8Array[]): KeyRing {
    invariant(
      secrets.length > 0 && secrets.every(({ length }) => length === SECRET_LENGTH),
      `the secret of an epoch has ${SECRET_LENGTH} bytes`,
    );
    return new KeyRing(secrets);
  }

  /** The key ring of a printed recovery kit. @throws FORMAT_DAMAGED on a typing mistake, naming the line. */
  static fromRecoveryText(text: string): KeyRing {
    const { secrets, fingerprint } = parseRecoveryLines(text);
    const keyRing = KeyRing.fromSecrets(secrets);
    if (keyRing.fingerprint !== fingerprint) throw wrongFingerprint();
    return keyRing;
  }

  /** Which vault this is the key of, for people to compare: 16 hex digits of the SHA-256 of the public signing key. No secret. */
  get fingerprint(): string {
    return createHash('sha256').update(this.signer.publicKey).digest('hex').slice(0, 16);
  }

  /** The newest epoch: what is sealed from now on is sealed in it. */
  get epoch(): number {
    return this.#secrets.length;
  }

  clusterKeys(cluster: ClusterId, epoch: number = this.epoch): ClusterKeys {
    const name = `${cluster}/${epoch}`;
    const known = this.#clusters.get(name);
    if (known !== undefined) return known;
    const keys = this.#deriveClusterKeys(cluster, epoch);
    this.#clusters.set(name, keys);
    return keys;
  }

  /** Seals control records, which belong to no cluster. */
  controlKey(epoch: number = this.epoch): Buffer {
    return this.#derive('control', VAULT_WIDE, epoch);
  }

  /**
   * Begins the next epoch: a new random secret, durable in the key file before anything is sealed with it. One that is in the
   * file already, because an earlier call broke off, is taken up. Every holder of this ring sees it from then on.
   *
   * @throws CONFLICT when the file is not the one that this ring was read from, or cannot be written; NOT_FOUND,
   *   KEY_EXPOSED, FORMAT_DAMAGED
   */
  async beginEpoch(file: string): Promise<number> {
    // One after the other: of two at once one secret would be lost, and what was sealed under it.
    this.#beginning = this.#beginning.then(
      () => this.#begin(file),
      () => this.#begin(file),
    );
    return this.#beginning;
  }

  /** The lines of a recovery kit that count: whoever holds them can read the whole vault, as far as these epochs go. */
  recoveryLines(): string[] {
    return formatRecoveryLines(this.#secrets, this.fingerprint);
  }

  async #begin(file: string): Promise<number> {
    const written = decodeKeyFile(await readPrivateFile(file), file);
    if (!this.#secrets.every((secret, index) => written[index]?.equals(secret))) {
      throw new LifeboatError('CONFLICT', `the key file ${file} was changed since the server started`, {
        guidance: 'Put back the file with all key epochs, from a copy or the newest recovery kit.',
      });
    }
    const secrets = written.length > this.epoch ? written : [...written, randomBytes(SECRET_LENGTH)];
    // Also what is there already: nobody knows whether it was synced.
    await replaceFile(file, encodeKeyFile(secrets), PRIVATE_FILE_MODE).catch((thrown: unknown) => {
      throw notReplaced(file, thrown);
    });
    this.#secrets = secrets;
    return this.epoch;
  }

  #deriveClusterKeys(cluster: ClusterId, epoch: number): ClusterKeys {
    const salt = uuidToBytes(cluster);
    const privateKey = this.#derive('seal', salt, epoch);
    return {
      epoch,
      publicKey: rawPublicKeyOf(privateKeyFromRaw('x25519', privateKey)),
      privateKey,
      tableKey: this.#derive('table', salt, epoch),
      documentKey: this.#derive('document', salt, epoch),
      idKey: this.#derive('id', salt, FIRST_EPOCH),
      gearKey: this.#derive('gear', salt, FIRST_EPOCH),
    };
  }

  #derive(purpose: Purpose, salt: Uint8Array, epoch: number): Buffer {
    const secret = this.#secrets[epoch - 1];
    invariant(secret !== undefined, 'key epochs count from 1 to the newest');
    return Buffer.from(hkdfSync('sha256', secret, salt, `lifeboat/v1/${purpose}/${epoch}`, KEY_LENGTH));
  }
}

function notReplaced(file: string, cause: unknown): LifeboatError {
  return new LifeboatError('CONFLICT', `the key file ${file} could not be written: ${messageOf(cause)}`, {
    guidance:
      'Its directory must be writable for the server’s account, and have room, while keys are rotated.',
    cause,
  });
}
