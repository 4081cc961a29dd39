import { messageOf, type ClusterId } from '@lifeboat/kernel';
import type { OpenPack } from '../pack/open-pack.ts';
import { recoverOpenPack } from '../pack/recover-open-pack.ts';
import type { VaultParts } from '../parts.ts';
import { PackIngest, type Ingest } from './ingest.ts';

/** One ingest per cluster, and the open packs on disk that none has taken up yet. */
export class Ingests {
  readonly #parts: VaultParts;
  readonly #running = new Map<ClusterId, Promise<PackIngest>>();

  constructor(parts: VaultParts) {
    this.#parts = parts;
  }

  async of(cluster: ClusterId): Promise<Ingest> {
    return this.#current(cluster);
  }

  /** Every open pack found on disk is made readable. What is left of a cluster unknown to the catalog waits for reindex. */
  async recoverAll(): Promise<void> {
    const found = new Set((await this.#parts.openPacks.files()).map(({ cluster }) => cluster));
    for (const cluster of found) {
      if (this.#running.has(cluster)) continue;
      if ((await this.#parts.catalog.clusters.byId(cluster)) === undefined) {
        this.#parts.log.warn(
          { cluster },
          'open packs of a cluster that the catalog does not know: run reindex',
        );
      } else await this.#current(cluster);
    }
    await this.#forgetLostPacks();
  }

  /** One that failed is replaced first: that the disk was full once must not keep a prune from making room. */
  async closeOpenPack(cluster: ClusterId): Promise<void> {
    if (this.#running.has(cluster)) await (await this.#current(cluster)).closeOpenPack();
  }

  async stop(): Promise<void> {
    const running = [...this.#running.values()];
    this.#running.clear();
    for (const starting of running) await (await starting.catch(() => undefined))?.stop();
  }

  async #current(cluster: ClusterId): Promise<PackIngest> {
    const known = this.#running.get(cluster);
    if (known === undefined) return this.#start(cluster, undefined);
    const ingest = await known;
    if (!ingest.failed) return ingest;
    // Someone else may have replaced it while we waited.
    return this.#running.get(cluster) === known ? this.#start(cluster, ingest) : this.#current(cluster);
  }

  #start(cluster: ClusterId, failed: PackIngest | undefined): Promise<PackIngest> {
    const starting = this.#recovered(cluster, failed);
    this.#running.set(cluster, starting);
    starting.catch((thrown: unknown) => {
      if (this.#running.get(cluster) === starting) this.#running.delete(cluster);
      this.#parts.log.error({ cluster, reason: messageOf(thrown) }, 'open packs could not be recovered');
    });
    return starting;
  }

  async #recovered(cluster: ClusterId, failed: PackIngest | undefined): Promise<PackIngest> {
    await failed?.stop();
    const packs: OpenPack[] = [];
    try {
      for (const { file } of (await this.#parts.openPacks.files()).filter(
        (each) => each.cluster === cluster,
      )) {
        const pack = await recoverOpenPack(this.#parts, file, cluster);
        if (pack !== undefined) packs.push(pack);
      }
    } catch (thrown) {
      for (const pack of packs) await pack.abandon();
      throw thrown;
    }
    return new PackIngest(this.#parts, cluster, packs);
  }

  /** Rows of open packs whose file is gone, with no trace in the store: nothing of them must count as kept. */
  async #forgetLostPacks(): Promise<void> {
    const files = new Set((await this.#parts.openPacks.files()).map(({ file }) => file));
    for (const row of await this.#parts.catalog.packs.openOnes()) {
      if (row.file === null || files.has(row.file)) continue;
      this.#parts.log.error({ file: row.file, cluster: row.cluster }, 'an open pack is gone from the disk');
      await this.#parts.catalog.packs.remove(row.id);
    }
  }
}
