import { isUuid, LifeboatError, type ClusterId, type ErrorReport, type SetId } from '@lifeboat/kernel';
import {
  BACKUP_SET_STATES,
  isUnfinished,
  type BackupSetState,
  type Guarantee,
  type SetDeletion,
  type SetDocument,
} from '@lifeboat/model';
import { sql, type Kysely, type Selectable } from 'kysely';
import { jsonOrNull } from '../json.ts';
import type { Schema } from '../schema.ts';
import { settleAcknowledgements } from './acknowledgement-store.ts';

export interface SetRow {
  readonly id: SetId;
  readonly cluster: ClusterId;
  readonly clusterName: string;
  readonly state: BackupSetState;
  readonly sequence: number | null;
  readonly guarantee: Guarantee | null;
  readonly requestedAt: Date;
  readonly requestedBy: string;
  readonly sealedAt: Date | null;
  readonly provedAt: Date | null;
  readonly failure: ErrorReport | null;
  readonly progress: unknown;
  /** {bytes: {read, changed, wire, stored}, millis} */
  readonly figures: unknown;
  readonly document: SetDocument | null;
  readonly documentName: string | null;
  /** Hex SHA-256 of the document's bytes in the vault: what the next one names as its previous. */
  readonly documentHash: string | null;
}

/** A set that was deleted: what is left of it. */
export interface DeletedSetRow {
  readonly id: SetId;
  readonly deletedAt: Date;
  readonly deletedBy: string;
  readonly reason: string | null;
}

/** What may change along with a set's state; what is left out stays. */
export interface SetPatch {
  readonly guarantee?: Guarantee | null;
  readonly provedAt?: Date | null;
  readonly failure?: ErrorReport | null;
  readonly progress?: unknown;
  readonly figures?: unknown;
}

export interface SealedSet {
  readonly id: SetId;
  readonly sequence: number;
  readonly document: SetDocument;
  readonly documentName: string;
  readonly documentHash: string;
}

const FINISHED = BACKUP_SET_STATES.filter((state) => !isUnfinished(state));
/** Of a set that the catalog learns of from the vault: before everything. */
const UNKNOWN_BEGIN = 0n;
const LIST_LIMIT = 500;
const SHORTEST_PREFIX = 4;
const UUID_BEGIN = /^[0-9a-f-]+$/;

export class SetStore {
  readonly #database: Kysely<Schema>;

  constructor(database: Kysely<Schema>) {
    this.#database = database;
  }

  /** A set in state `requested`; asked again with the same idempotency key, the set made the first time. */
  async create(set: {
    id: SetId;
    cluster: ClusterId;
    requestedBy: string;
    idempotencyKey?: string | undefined;
  }): Promise<SetRow> {
    const idempotencyKey = set.idempotencyKey ?? null;
    const created = await this.#database
      .insertInto('sets')
      .values({
        id: set.id,
        cluster: set.cluster,
        state: 'requested' satisfies BackupSetState,
        requested_by: set.requestedBy,
        idempotency_key: idempotencyKey,
      })
      .onConflict((conflict) => conflict.columns(['cluster', 'idempotency_key']).doNothing())
      .returning('id')
      .executeTakeFirst();
    const query = this.#rows();
    const row =
      created === undefined
        ? query.where('sets.cluster', '=', set.cluster).where('sets.idempotency_key', '=', idempotencyKey)
        : query.where('sets.id', '=', set.id);
    return toSetRow(await row.executeTakeFirstOrThrow());
  }

  /**
   * Compare-and-set: true when the set was in (one of) the expected state(s) and is now in the new one. Equal states
   * change the patch alone. Sealing has a door of its own.
   */
  async update(
    id: SetId,
    expected: BackupSetState | readonly BackupSetState[],
    next: BackupSetState,
    patch: SetPatch = {},
  ): Promise<boolean> {
    const { numUpdatedRows } = await this.#database
      .updateTable('sets')
      .set({
        state: next,
        ...(patch.guarantee === undefined ? {} : { guarantee: patch.guarantee }),
        ...(patch.provedAt === undefined ? {} : { proved_at: patch.provedAt }),
        ...(patch.failure === undefined ? {} : { failure: jsonOrNull(patch.failure) }),
        ...(patch.progress === undefined ? {} : { progress: jsonOrNull(patch.progress) }),
        ...(patch.figures === undefined ? {} : { figures: jsonOrNull(patch.figures) }),
      })
      .where('id', '=', id)
      .where('state', 'in', [expected].flat())
      .executeTakeFirst();
    return numUpdatedRows > 0n;
  }

  async get(id: SetId): Promise<SetRow | undefined> {
    const row = await this.#kept().where('sets.id', '=', id).executeTakeFirst();
    return row === undefined ? undefined : toSetRow(row);
  }

  /** By whole id, or its first characters (4 at least). @throws CONFLICT when several sets begin so. */
  async byIdOrPrefix(text: string): Promise<SetRow | undefined> {
    if (isUuid(text)) return this.get(text as SetId);
    if (!isPrefix(text)) return undefined;
    const [first, second] = await this.#kept().where(idBeginsWith(text)).limit(2).execute();
    if (second !== undefined) {
      throw new LifeboatError('CONFLICT', `several sets begin with ${text}`, {
        guidance: 'Give more of the id.',
      });
    }
    return first === undefined ? undefined : toSetRow(first);
  }

  /** A set that was deleted, asked for in the same way; the newest of several. */
  async deleted(text: string): Promise<DeletedSetRow | undefined> {
    if (!isPrefix(text)) return undefined;
    const row = await this.#rows()
      .where('sets.deleted_at', 'is not', null)
      .where(idBeginsWith(text))
      .orderBy('sets.deleted_at', 'desc')
      .executeTakeFirst();
    if (row === undefined) return undefined;
    const { id, deleted_at, deleted_by, deletion_reason } = row;
    return { id: id as SetId, deletedAt: deleted_at!, deletedBy: deleted_by!, reason: deletion_reason };
  }

  /** Newest first. */
  async list(cluster?: ClusterId, limit: number = LIST_LIMIT): Promise<SetRow[]> {
    let query = this.#kept().orderBy('sets.requested_at', 'desc').orderBy('sets.id').limit(limit);
    if (cluster !== undefined) query = query.where('sets.cluster', '=', cluster);
    return (await query.execute()).map(toSetRow);
  }

  /**
   * Records that the set's document is in the vault. Idempotent for the same document, so that a restarted server
   * may say it again.
   *
   * @throws CONFLICT when the sequence is not the cluster's next, or the set is finished in another way.
   */
  async sealed(set: SealedSet): Promise<void> {
    const { document } = set;
    await this.#database.transaction().execute(async (transaction) => {
      const row = await transaction
        .selectFrom('sets')
        .select(['cluster', 'state', 'document_hash'])
        .where('id', '=', set.id)
        .forUpdate()
        .executeTakeFirst();
      if (row === undefined) throw new LifeboatError('NOT_FOUND', `there is no set ${set.id}`);
      if (row.document_hash === set.documentHash) return;
      if (FINISHED.includes(row.state as BackupSetState)) {
        throw new LifeboatError('CONFLICT', `the set ${set.id} is ${row.state} and cannot be sealed`);
      }
      const { numUpdatedRows } = await transaction
        .updateTable('clusters')
        .set({ next_sequence: set.sequence + 1 })
        .where('id', '=', row.cluster)
        .where('next_sequence', '=', set.sequence)
        .executeTakeFirst();
      if (numUpdatedRows === 0n) {
        throw new LifeboatError('CONFLICT', `sequence ${set.sequence} is not the cluster's next`);
      }
      await transaction
        .updateTable('sets')
        .set({ state: 'sealed' satisfies BackupSetState, failure: null, ...sealedColumns(set, document) })
        .where('id', '=', set.id)
        .execute();
      await settleAcknowledgements(transaction, document);
    });
  }

  /** The end of the cluster's chain: the last set sealed. Without a document when it was deleted since. */
  async latestSealed(cluster: ClusterId): Promise<SetRow | undefined> {
    return newestOf(this.#rows(), cluster);
  }

  /** The newest sealed (or proved) set that is still there. */
  async latestKept(cluster: ClusterId): Promise<SetRow | undefined> {
    return newestOf(this.#kept(), cluster);
  }

  /**
   * Forgets what the set held; its place in the chain stays. Idempotent, and for a set that the catalog never knew
   * (reindex) all the same. Its cluster must be there.
   */
  async delete(deletion: SetDeletion): Promise<void> {
    const deleted = {
      sequence: deletion.sequence,
      document_hash: deletion.hash,
      document: null,
      document_name: null,
      deleted: sql<bigint>`nextval('event_order')`,
      deleted_at: new Date(deletion.deletedAt),
      deleted_by: deletion.deletedBy,
      deletion_reason: deletion.reason,
    };
    await this.#database.transaction().execute(async (transaction) => {
      await transaction
        .insertInto('sets')
        .values({
          id: deletion.set,
          cluster: deletion.cluster.id,
          state: 'sealed' satisfies BackupSetState,
          guarantee: deletion.guarantee,
          requested_at: new Date(deletion.requestedAt),
          requested_by: deletion.requestedBy,
          sealed_at: new Date(deletion.sealedAt),
          began: UNKNOWN_BEGIN,
          ...deleted,
        })
        .onConflict((conflict) => conflict.column('id').doUpdateSet(deleted))
        .execute();
      await raiseNextSequence(transaction, deletion.cluster.id, deletion.sequence);
    });
  }

  /** What the vault's record of a deleted set says; undefined of one that is not deleted. */
  async deletion(id: SetId): Promise<SetDeletion | undefined> {
    const { rows } = await sql<
      Selectable<Schema['sets']> & { cluster_name: string; previous: string | null }
    >`
      select sets.*, clusters.name as cluster_name, before.document_hash as previous
      from sets join clusters on clusters.id = sets.cluster
      left join sets before on before.cluster = sets.cluster and before.sequence = sets.sequence - 1
      where sets.id = ${id} and sets.deleted_at is not null`.execute(this.#database);
    return rows[0] && toDeletion(rows[0], rows[0].previous);
  }

  /** By the name of its document. */
  async byDocument(name: string): Promise<SetRow | undefined> {
    const row = await this.#kept().where('sets.document_name', '=', name).executeTakeFirst();
    return row === undefined ? undefined : toSetRow(row);
  }

  /** Names of the documents of all sealed sets that are there. */
  async documentNames(): Promise<string[]> {
    const query = this.#database
      .selectFrom('sets')
      .select('document_name')
      .where('document_name', 'is not', null);
    return (await query.execute()).map(({ document_name }) => document_name!);
  }

  /** What a restarted server must drive on or fail, oldest first. */
  async unfinished(): Promise<SetRow[]> {
    const query = this.#rows().where('sets.state', 'not in', FINISHED).orderBy('sets.requested_at');
    return (await query.execute()).map(toSetRow);
  }

  /** A set met in the vault (reindex). Its cluster must be there. */
  async adopt(found: { document: SetDocument; documentName: string; documentHash: string }): Promise<void> {
    const { document } = found;
    const id = document.set as SetId;
    const columns = sealedColumns({ id, sequence: document.sequence, ...found }, document);
    await this.#database.transaction().execute(async (transaction) => {
      await transaction
        .insertInto('sets')
        .values({
          id,
          cluster: document.cluster.id,
          state: 'sealed' satisfies BackupSetState,
          requested_at: new Date(document.requestedAt),
          requested_by: document.requestedBy,
          began: UNKNOWN_BEGIN,
          ...columns,
        })
        .onConflict((conflict) => conflict.column('id').doUpdateSet(columns))
        .execute();
      await settleAcknowledgements(transaction, document);
      await raiseNextSequence(transaction, document.cluster.id, document.sequence);
    });
  }

  #kept() {
    return this.#rows().where('sets.deleted_at', 'is', null);
  }

  #rows() {
    return rowsOf(this.#database);
  }
}

type Rows = ReturnType<typeof rowsOf>;

function rowsOf(database: Kysely<Schema>) {
  return database
    .selectFrom('sets')
    .innerJoin('clusters', 'clusters.id', 'sets.cluster')
    .selectAll('sets')
    .select('clusters.name as cluster_name');
}

async function newestOf(rows: Rows, cluster: ClusterId): Promise<SetRow | undefined> {
  const row = await rows
    .where('sets.cluster', '=', cluster)
    .where('sets.sequence', 'is not', null)
    .orderBy('sets.sequence', 'desc')
    .limit(1)
    .executeTakeFirst();
  return row === undefined ? undefined : toSetRow(row);
}

function isPrefix(text: string): boolean {
  return text.length >= SHORTEST_PREFIX && UUID_BEGIN.test(text);
}

function idBeginsWith(text: string) {
  return sql<boolean>`starts_with(sets.id::text, ${text})`;
}

async function raiseNextSequence(
  transaction: Kysely<Schema>,
  cluster: string,
  sequence: number,
): Promise<void> {
  await transaction
    .updateTable('clusters')
    .set({ next_sequence: sql<number>`greatest(next_sequence, ${sequence + 1}::integer)` })
    .where('id', '=', cluster)
    .execute();
}

function sealedColumns(set: SealedSet, document: SetDocument) {
  return {
    sequence: set.sequence,
    guarantee: document.statement.guarantee,
    sealed_at: new Date(document.sealedAt),
    figures: JSON.stringify(document.figures),
    document: JSON.stringify(document),
    document_name: set.documentName,
    document_hash: set.documentHash,
  };
}

function toDeletion(
  row: Selectable<Schema['sets']> & { cluster_name: string },
  previous: string | null,
): SetDeletion {
  return {
    version: 1,
    set: row.id,
    cluster: { id: row.cluster, name: row.cluster_name },
    sequence: row.sequence!,
    hash: row.document_hash!,
    previous,
    requestedAt: row.requested_at.toISOString(),
    requestedBy: row.requested_by,
    sealedAt: row.sealed_at!.toISOString(),
    guarantee: row.guarantee as Guarantee,
    deletedAt: row.deleted_at!.toISOString(),
    deletedBy: row.deleted_by!,
    reason: row.deletion_reason,
  };
}

function toSetRow(row: Selectable<Schema['sets']> & { cluster_name: string }): SetRow {
  return {
    id: row.id as SetId,
    cluster: row.cluster as ClusterId,
    clusterName: row.cluster_name,
    state: row.state as BackupSetState,
    sequence: row.sequence,
    guarantee: row.guarantee as Guarantee | null,
    requestedAt: row.requested_at,
    requestedBy: row.requested_by,
    sealedAt: row.sealed_at,
    provedAt: row.proved_at,
    failure: row.failure as ErrorReport | null,
    progress: row.progress,
    figures: row.figures,
    document: row.document as SetDocument | null,
    documentName: row.document_name,
    documentHash: row.document_hash,
  };
}
