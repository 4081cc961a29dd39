import { createSessionKey, wrapSessionKey, type ClusterKeys, type KeyRing } from '@lifeboat/identity';
import { uuidToBytes, type ClusterId } from '@lifeboat/kernel';
import { computeChunkId, FrameSealer, type ChunkType } from '@lifeboat/vault-format';
import { keyIdOf } from '@lifeboat/vault-format';

/** Seals bytes as an agent's worker does: one key for this connection. */
export class TestSender {
  readonly wrapped: Buffer;
  readonly keys: readonly Buffer[];
  readonly #sealer: FrameSealer;
  readonly #cluster: ClusterKeys;

  private constructor(wrapped: Buffer, sealer: FrameSealer, cluster: ClusterKeys) {
    this.wrapped = wrapped;
    this.keys = [wrapped];
    this.#sealer = sealer;
    this.#cluster = cluster;
  }

  static async connect(vault: string, cluster: ClusterId, keyRing: KeyRing): Promise<TestSender> {
    const keys = keyRing.clusterKeys(cluster);
    const key = createSessionKey();
    const wrapped = await wrapSessionKey(keys.publicKey, key);
    const context = { vault: uuidToBytes(vault), cluster: uuidToBytes(cluster) };
    return new TestSender(wrapped, new FrameSealer(context, keyIdOf(wrapped), key), keys);
  }

  idOf(raw: Buffer, type: ChunkType = 'data'): Buffer {
    return computeChunkId(this.#cluster.idKey, type, raw);
  }

  /** As a bad node may: sealed as it should be, under the id of `claimed`, with other bytes. */
  lie(claimed: Buffer, bytes: Buffer, type: ChunkType = 'data'): Buffer {
    return this.#sealer.seal(type, this.idOf(claimed, type), bytes);
  }

  seal(raws: readonly Buffer[], type: ChunkType = 'data'): { ids: Buffer; frames: Buffer } {
    const ids = raws.map((raw) => this.idOf(raw, type));
    const frames = raws.map((raw, index) => this.#sealer.seal(type, ids[index] as Buffer, raw));
    return { ids: Buffer.concat(ids), frames: Buffer.concat(frames) };
  }
}
