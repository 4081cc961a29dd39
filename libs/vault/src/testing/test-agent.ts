import { randomUUID } from 'node:crypto';
import type { ClusterId, NodeId } from '@lifeboat/kernel';
import { TestSender } from './test-sender.ts';
import { sendTree, type Send } from './test-tree.ts';
import type { TestVault } from './test-vaults.ts';

type Files = Readonly<Record<string, Buffer>>;

/**
 * Captures as an agent does: asks whether the manifest it captured last is known, and if so neither reads nor asks for
 * what did not change since; of everything else it sends what the server does not have.
 */
export class TestAgent {
  readonly node = randomUUID() as string as NodeId;
  readonly #test: TestVault;
  readonly #cluster: ClusterId;
  #sender: TestSender;
  #previous: { readonly root: Buffer; readonly files: Files } | undefined;
  /** Chunks sent, since someone set it to 0. */
  sent = 0;

  private constructor(test: TestVault, cluster: ClusterId, sender: TestSender) {
    this.#test = test;
    this.#cluster = cluster;
    this.#sender = sender;
  }

  static async connect(test: TestVault, cluster: ClusterId = test.cluster): Promise<TestAgent> {
    return new TestAgent(test, cluster, await TestSender.connect(test.vault.id, cluster, test.parts.keyRing));
  }

  /** As after the end of its connection: new keys, and the memory of what it captured last. */
  async reconnect(): Promise<void> {
    const { vault, parts } = this.#test;
    this.#sender = await TestSender.connect(vault.id, this.#cluster, parts.keyRing);
  }

  /** The root. `between` is awaited behind each file. */
  async capture(files: Files, between: () => Promise<void> = async () => undefined): Promise<Buffer> {
    const previous = this.#previous;
    const known = previous !== undefined && (await this.#has(previous.root)) ? previous.files : {};
    const send: Send = async (raw, type) => {
      const id = this.#sender.idOf(raw, type);
      if (await this.#has(id)) return id;
      this.sent += 1;
      const ingest = await this.#test.vault.ingest(this.#cluster);
      await ingest.append(this.node, this.#sender.keys, this.#sender.seal([raw], type).frames);
      return id;
    };
    const root = await sendTree(files, send, async (path, bytes) => {
      const unchanged = known[path]?.equals(bytes) === true;
      const id = unchanged ? this.#sender.idOf(bytes) : await send(bytes, 'data');
      await between();
      return id;
    });
    this.#previous = { root, files };
    return root;
  }

  async #has(id: Buffer): Promise<boolean> {
    const ingest = await this.#test.vault.ingest(this.#cluster);
    return ((await ingest.have(this.node, id))[0] ?? 0) === 1;
  }
}
