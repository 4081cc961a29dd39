import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import type { ClusterId, SetId } from '@lifeboat/kernel';
import type { SetDocument } from '@lifeboat/model';
import { setDocument } from './test-set.ts';
import { TestAgent } from './test-agent.ts';
import type { TestVault } from './test-vaults.ts';

type Files = Readonly<Record<string, Buffer>>;

/** A sealed set and what it must give back. */
export interface TakenSet {
  readonly document: SetDocument;
  readonly hash: string;
  readonly files: Files;
}

/** A set that is being taken. */
export interface RunningSet {
  readonly id: SetId;
  root: Buffer | undefined;
  files: Files;
}

/** Takes, seals and deletes sets of one tree of a cluster, and knows what each of them held. */
export class TestSets {
  readonly agent: TestAgent;
  readonly cluster: ClusterId;
  readonly #test: TestVault;
  /** In order of sequence. */
  readonly kept: TakenSet[] = [];
  #sequence = 0;
  #previous: string | null = null;

  private constructor(test: TestVault, cluster: ClusterId, agent: TestAgent) {
    this.#test = test;
    this.cluster = cluster;
    this.agent = agent;
  }

  static async of(test: TestVault, cluster: ClusterId = test.cluster): Promise<TestSets> {
    return new TestSets(test, cluster, await TestAgent.connect(test, cluster));
  }

  async begin(): Promise<RunningSet> {
    const id = randomUUID() as string as SetId;
    await this.#test.catalog.sets.create({ id, cluster: this.cluster, requestedBy: 'admin' });
    return { id, root: undefined, files: {} };
  }

  async capture(set: RunningSet, files: Files, between?: () => Promise<void>): Promise<void> {
    set.files = files;
    set.root = await this.agent.capture(files, between);
  }

  /** `between` is awaited when the closure was found and the document not put yet. */
  async seal(set: RunningSet, between: () => Promise<void> = async () => undefined): Promise<TakenSet> {
    const { vault, catalog } = this.#test;
    const sequence = this.#sequence + 1;
    await vault.closeOpenPacks(this.cluster);
    await vault.assertClosure(this.cluster, [set.root!]);
    await between();
    const drawn = setDocument(this.#test, sequence, this.#previous, set.root!);
    const document: SetDocument = { ...drawn, set: set.id, cluster: { id: this.cluster, name: 'portal' } };
    const { name, hash } = await vault.putSetDocument(document);
    await catalog.sets.sealed({ id: set.id, sequence, document, documentName: name, documentHash: hash });
    [this.#sequence, this.#previous] = [sequence, hash];
    const taken = { document, hash, files: set.files };
    this.kept.push(taken);
    return taken;
  }

  async take(files: Files): Promise<TakenSet> {
    const set = await this.begin();
    await this.capture(set, files);
    return this.seal(set);
  }

  async fail(set: RunningSet): Promise<void> {
    await this.#test.catalog.sets.update(set.id, 'requested', 'failed');
  }

  async delete({ document, hash }: TakenSet): Promise<void> {
    const { set, cluster, sequence, previous, requestedAt, requestedBy, sealedAt, statement } = document;
    const deletion = { deletedAt: new Date(0).toISOString(), deletedBy: 'admin', reason: null };
    const was = { requestedAt, requestedBy, sealedAt, guarantee: statement.guarantee };
    await this.#test.vault.deleteSet({
      version: 1,
      set,
      cluster,
      sequence,
      hash,
      previous,
      ...was,
      ...deletion,
    });
    this.kept.splice(
      this.kept.findIndex((each) => each.document.set === set),
      1,
    );
  }

  /** Every set that is there gives back what it held, byte by byte. */
  async assertWhole(): Promise<void> {
    const { vault } = this.#test;
    for (const { document, files } of this.kept) {
      const root = Buffer.from(document.captures[0]!.root, 'hex');
      await vault.assertClosure(this.cluster, [root]);
      const read: Record<string, Buffer> = {};
      for await (const entry of vault.manifest(this.cluster, root))
        read[entry.path.toString()] = Buffer.concat(await vault.readFile(this.cluster, entry).toArray());
      assert.deepEqual(read, files);
    }
  }
}
