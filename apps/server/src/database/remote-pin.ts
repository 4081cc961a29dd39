import type { DatabaseDump, DatabasePin } from '@lifeboat/coordination';
import type { DumpReport } from '@lifeboat/database';
import { DocumentRows, type DocumentRow, type ImageRow, type StoredContent } from '@lifeboat/dxp';
import type { DatabaseRequest, DatabaseResponse } from '@lifeboat/database/work';
import { LifeboatError } from '@lifeboat/kernel';
import { CaptureResult } from '@lifeboat/wire';

import type { AgentDatabase } from './agent-database.ts';

type RowStream = ReturnType<DatabasePin['documents']>;

/** A snapshot that an agent holds open. */
export class RemotePin implements DatabasePin {
  /** Whichever engine it is, its rows are read before the dump begins: there are no working copies alone. */
  readonly isSnapshot = false;
  readonly openedAt: Date;
  readonly position: string | null;
  readonly #id: string;
  readonly #database: AgentDatabase;
  readonly #newId: () => string;

  private constructor(
    id: string,
    database: AgentDatabase,
    newId: () => string,
    opened: DatabaseResponse<'pin'>,
  ) {
    this.#id = id;
    this.#database = database;
    this.#newId = newId;
    this.openedAt = new Date(opened.openedAt);
    this.position = opened.position;
  }

  static async open(
    database: AgentDatabase,
    definition: DatabaseRequest<'pin'>['definition'],
    newId: () => string,
  ): Promise<RemotePin> {
    const pin = newId();
    try {
      return new RemotePin(pin, database, newId, await database.ask('pin', { definition, pin }));
    } catch (error) {
      // It may be open all the same; whoever cannot be reached now lets go of it at the next set.
      await database.insist('release', { pin }).catch(() => undefined);
      throw error;
    }
  }

  async *documents(): RowStream & AsyncGenerator {
    const { root } = await this.#database.ask('documents', { pin: this.#id });
    yield* this.#documentsIn(root);
  }

  /** Rows cross the network as a capture, which takes its time however few they are. */
  workingCopies(): undefined {
    return undefined;
  }

  dump(): DatabaseDump {
    const database = this.#database;
    const dump = this.#newId();
    const started = database.ask('dump-start', { pin: this.#id, dump });
    const secondLook = started
      .then(() => database.ask('second-look', { dump }))
      .then(({ root }) => (root === null ? undefined : this.#documentsIn(root)));
    const finished = started
      .then(() => database.ask('dump-finish', { dump }))
      .then(async (answer) => ({
        capture: CaptureResult.fromJSON(answer.capture),
        report: await this.#reportOf(answer),
      }));
    // Whoever waits for one gets the error; nobody has to wait for both.
    secondLook.catch(() => undefined);
    finished.catch(() => undefined);
    return {
      secondLook,
      // The agent lets it go on when the rows are read.
      goOn: () => undefined,
      finished,
      cancel: async () => {
        await database.insist('cancel', { dump });
      },
    };
  }

  async release(): Promise<void> {
    await this.#database.insist('release', { pin: this.#id });
  }

  async *#documentsIn(root: string): AsyncGenerator<DocumentRow> {
    for await (const [kind, row] of this.#database.rows(root)) {
      if (kind !== 'document') throw misplaced(kind);
      yield row;
    }
  }

  async #reportOf(answer: DatabaseResponse<'dump-finish'>): Promise<DumpReport> {
    const { rows, capture: _capture, openedAt, closedAt, doubts = [], ...facts } = answer;
    const documents = new DocumentRows();
    const images: ImageRow[] = [];
    const contents: StoredContent[] = [];
    const storeContents: StoredContent[] = [];
    const companies: string[] = [];
    const externalRepositories: string[] = [];
    const rowsByTable = new Map<string, number>();
    for await (const [kind, row] of this.#database.rows(rows)) {
      if (kind === 'document') documents.add(row);
      else if (kind === 'image') images.push(row);
      else if (kind === 'content') contents.push(row);
      else if (kind === 'store-content') storeContents.push(row);
      else if (kind === 'company') companies.push(row);
      else if (kind === 'external-repository') externalRepositories.push(row);
      else rowsByTable.set(...row);
    }
    return {
      ...facts,
      doubts,
      openedAt: new Date(openedAt),
      closedAt: new Date(closedAt),
      documents,
      images,
      contents,
      storeContents,
      companies,
      externalRepositories,
      rowsByTable,
    };
  }
}

function misplaced(kind: string): LifeboatError {
  return new LifeboatError('PROTOCOL_BREACH', `a line of kind ${kind} among the rows of documents`);
}
