import { unwrapSessionKey, type ClusterKeys, type KeyRing } from '@lifeboat/identity';
import { LifeboatError, systemCodeOf, type ClusterId } from '@lifeboat/kernel';

const CACHED_SESSION_KEYS = 4096;

/** Keys of clusters by epoch, newest first, and the session keys already unwrapped with them. */
export class ClusterKeyChain {
  readonly #keyRing: KeyRing;
  readonly #latestEpoch: (cluster: ClusterId) => Promise<number>;
  readonly #epochs = new Map<ClusterId, ClusterKeys[]>();
  /** By hex key id; the oldest leaves first. */
  readonly #sessionKeys = new Map<string, Buffer>();

  constructor(keyRing: KeyRing, latestEpoch: (cluster: ClusterId) => Promise<number>) {
    this.#keyRing = keyRing;
    this.#latestEpoch = latestEpoch;
  }

  /** The same keys, with no session key unwrapped yet. */
  afresh(): ClusterKeyChain {
    return new ClusterKeyChain(this.#keyRing, this.#latestEpoch);
  }

  async current(cluster: ClusterId): Promise<ClusterKeys> {
    return (await this.all(cluster))[0] as ClusterKeys;
  }

  /** Never empty: epochs count from 1. */
  async all(cluster: ClusterId): Promise<readonly ClusterKeys[]> {
    const latest = await this.#latestEpoch(cluster);
    const known = this.#epochs.get(cluster);
    if (known !== undefined && known[0]?.epoch === latest) return known;
    const keys = Array.from({ length: latest }, (_, older) =>
      this.#keyRing.clusterKeys(cluster, latest - older),
    );
    this.#epochs.set(cluster, keys);
    return keys;
  }

  async idKeys(cluster: ClusterId): Promise<readonly Uint8Array[]> {
    return (await this.all(cluster)).map((keys) => keys.idKey);
  }

  /** Tries `use` with the keys of each epoch, newest first; what only another epoch's keys open is not an error. */
  async withAny<T>(cluster: ClusterId, use: (keys: ClusterKeys) => T | Promise<T>): Promise<T> {
    let failure: unknown;
    for (const keys of await this.all(cluster)) {
      try {
        return await use(keys);
      } catch (thrown) {
        if (systemCodeOf(thrown) !== 'DECRYPTION_FAILED') throw thrown;
        failure ??= thrown;
      }
    }
    throw new LifeboatError('DECRYPTION_FAILED', `no key of cluster ${cluster} opens these bytes`, {
      guidance:
        'Use the key file that this vault was written with: LIFEBOAT_KEY_FILE of the server, or --key.',
      cause: failure,
    });
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
