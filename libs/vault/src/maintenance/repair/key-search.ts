import { systemCodeOf, type ClusterId, type PackName } from '@lifeboat/kernel';
import { closedPackBytes } from '../../pack/pack-bytes.ts';
import type { VaultParts } from '../../parts.ts';
import { keysOfPack, wrappedKeysOf, type PackKeys } from '../../read/pack-keys.ts';
import { closedPacks } from '../check-packs.ts';

/**
 * Session keys of a pack whose own key frames may be damaged: a session writes its key into each pack that it fills, so
 * that another one often carries it. Without that, one flipped byte would cost a whole pack.
 */
export class KeySearch {
  readonly #parts: VaultParts;
  /** By cluster, then by hex key id: what all its packs carry. */
  readonly #found = new Map<ClusterId, Promise<ReadonlyMap<string, Buffer>>>();

  constructor(parts: VaultParts) {
    this.#parts = parts;
  }

  /** The pack's own keys, and where those fail the same ones from other packs. */
  async keysOf(cluster: ClusterId, name: PackName): Promise<PackKeys> {
    const own = await keysOfPack(this.#parts, cluster, closedPackBytes(this.#parts.store, name));
    return {
      id: own.id,
      session: async (keyId) =>
        own.session(keyId).catch(async (thrown: unknown) => {
          const wrapped = (await this.#carried(cluster)).get(keyId);
          if (wrapped === undefined) throw thrown;
          return this.#parts.keys.unwrap(cluster, keyId, wrapped);
        }),
    };
  }

  /** Wrapped, as whoever copies frames must copy them along. */
  async wrapped(cluster: ClusterId, name: PackName, keyIds: ReadonlySet<string>): Promise<Buffer[]> {
    const own = await wrappedKeysOf(this.#parts, cluster, closedPackBytes(this.#parts.store, name));
    const keys: Buffer[] = [];
    for (const keyId of keyIds) {
      const key = own.get(keyId) ?? (await this.#carried(cluster)).get(keyId);
      if (key !== undefined) keys.push(key);
    }
    return keys;
  }

  #carried(cluster: ClusterId): Promise<ReadonlyMap<string, Buffer>> {
    const known = this.#found.get(cluster) ?? this.#readAll(cluster);
    this.#found.set(cluster, known);
    return known;
  }

  async #readAll(cluster: ClusterId): Promise<ReadonlyMap<string, Buffer>> {
    const found = new Map<string, Buffer>();
    for await (const { name, pack } of closedPacks(this.#parts)) {
      if (pack.cluster !== cluster) continue;
      const bytes = closedPackBytes(this.#parts.store, name);
      const carried = await wrappedKeysOf(this.#parts, cluster, bytes).catch((thrown: unknown) => {
        if (systemCodeOf(thrown) !== 'BLOB_NOT_FOUND') throw thrown;
        return new Map<string, Buffer>();
      });
      for (const [keyId, wrapped] of carried) found.set(keyId, wrapped);
    }
    return found;
  }
}
