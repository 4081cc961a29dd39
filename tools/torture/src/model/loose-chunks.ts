import { systemCodeOf, type ClusterId } from '@lifeboat/kernel';
import type { Vault } from '@lifeboat/vault';
import { WrongBytes } from '../sets/restore-set.ts';

/** What agents were told is durable, and perhaps no set names: it must stay until a prune begins, and never be another thing. */
export class LooseChunks {
  readonly #held = new Map<string, Buffer>();
  readonly #mayGo = new Map<string, Buffer>();

  acknowledged(id: Buffer, raw: Buffer): void {
    this.#held.set(id.toString('hex'), raw);
  }

  pruneBegins(): void {
    for (const [id, raw] of this.#held) this.#mayGo.set(id, raw);
    this.#held.clear();
  }

  async verify(vault: Vault, cluster: ClusterId): Promise<void> {
    const read = async (id: string, raw: Buffer): Promise<void> => {
      if (!(await vault.readChunk(cluster, Buffer.from(id, 'hex'))).equals(raw))
        throw new WrongBytes(`chunk ${id}`);
    };
    for (const [id, raw] of this.#held) await read(id, raw);
    for (const [id, raw] of this.#mayGo)
      await read(id, raw).catch((thrown: unknown) => {
        if (systemCodeOf(thrown) !== 'CHUNK_MISSING') throw thrown;
      });
  }
}
