import { unwrapSessionKey, type ClusterKeys, type KeyRing } from '@lifeboat/identity';
import { LifeboatError, systemCodeOf, type ClusterId } from '@lifeboat/kernel';

const CACHED_SESSION_KEYS = 4096;

/** Keys of clusters by epoch, newest first, and the session keys already unwrapped with them. */
export class ClusterKeyChain {
  readonly #keyRing: KeyRing;
  /** By hex key id; the oldest leaves first. */
  readonly #sessionKeys = new Map<string, Buffer>();

  constructor(keyRing: KeyRing) {
    this.#keyRing = keyRing;
  }

  /** The same keys, with no session key unwrapped yet. */
  afresh(): ClusterKeyChain {
    return new ClusterKeyChain(this.#keyRing);
  }

  /** Those of the newest epoch. */
  current(cluster: ClusterId): ClusterKeys {
    return this.#keyRing.clusterKeys(cluster);
  }

  /** The same in every epoch. */
  idKey(cluster: ClusterId): Uint8Array {
    return this.current(cluster).idKey;
  }

  /** Tries `use` with the keys of each epoch, newest first; what only another epoch's keys open is not an error. */
  async withAny<T>(cluster: ClusterId, use: (keys: ClusterKeys) => T | Promise<T>): Promise<T> {
    return withAnyEpoch(this.#keyRing, `of cluster ${cluster}`, (epoch) =>
      use(this.#keyRing.clusterKeys(cluster, epoch)),
    );
  }

  /** `keyId` in hex. */
  sessionKey(keyId: string): Buffer | undefined {
    return this.#sessionKeys.get(keyId);
  }

  async unwrap(cluster: ClusterId, keyId: string, wrapped: Uint8Array): Promise<Buffer> {
    const known = this.#sessionKeys.get(keyId);
    if (known !== undefined) return known;
    const key = await this.withAny(cluster, async (keys) => unwrapSessionKey(keys, wrapped));
    for (const oldest of this.#sessionKeys.keys()) {
      if (this.#sessionKeys.size < CACHED_SESSION_KEYS) break;
      this.#sessionKeys.delete(oldest);
    }
    this.#sessionKeys.set(keyId, key);
    return key;
  }
}

/** What `use` answers for the newest epoch for which it does not throw DECRYPTION_FAILED. `whose` keys they are, for people. */
export async function withAnyEpoch<T>(
  keyRing: KeyRing,
  whose: string,
  use: (epoch: number) => T | Promise<T>,
): Promise<T> {
  let failure: unknown;
  for (let { epoch } = keyRing; epoch > 0; epoch -= 1) {
    try {
      return await use(epoch);
    } catch (thrown) {
      if (systemCodeOf(thrown) !== 'DECRYPTION_FAILED') throw thrown;
      failure ??= thrown;
    }
  }
  const epochs = keyRing.epoch === 1 ? 'epoch 1' : `epochs 1 to ${keyRing.epoch}`;
  throw new LifeboatError('DECRYPTION_FAILED', `no key ${whose} opens these bytes; tried: ${epochs}`, {
    guidance:
      'Use the newest key file or recovery kit of this vault: LIFEBOAT_KEY_FILE of the server, --key or --from-kit.',
    cause: failure,
  });
}
