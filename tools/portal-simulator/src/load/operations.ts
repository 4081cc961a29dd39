import { setTimeout as sleep } from 'node:timers/promises';
import type { SeededRandom } from '@lifeboat/testkit';
import { documentSize, imageContent } from '../content.ts';
import type { Database, Session } from '../database.ts';
import {
  contentOf,
  currentVersion,
  ENTRY_COLUMNS,
  entryValues,
  folderOf,
  labelOf,
  pathOf,
  VERSION_COLUMNS,
  versionValues,
  workingCopy,
  WORKING_COPY,
  type SimulatedDocument,
  type SimulatedVersion,
} from '../document.ts';
import { imagePath, imageSize, makeUuid, type SimulatedImage } from '../population.ts';
import type { PortalStore } from '../stores/portal-store.ts';
import type { Counter } from './counter.ts';
import type { Library } from './library.ts';

export interface Surroundings {
  readonly database: Database;
  readonly store: PortalStore;
  readonly library: Library;
  readonly ids: Counter;
  readonly names: Counter;
  readonly random: SeededRandom;
  /** Longest time between a transaction's last action in the store and its commit, in milliseconds. */
  readonly commitDelayMs: number;
}

export const OPERATIONS = [
  'add', 'update', 'checkOut', 'updateWorkingCopy', 'checkIn', 'cancelCheckOut', 'deleteVersion', 'deleteDocument',
  'move', 'trash', 'rename', 'rewriteImage', 'editArticle', 'rolledBackAdd', 'rolledBackUpdate',
] as const; // prettier-ignore

export type Operation = (typeof OPERATIONS)[number];

/** Thrown inside a transaction whose store actions are done: the rows go back, the bytes do not. */
class RolledBack extends Error {}

/**
 * What users do to a document library, each with its store actions in exactly the portal's order against the commit
 * (DXP facts §2.5). Each returns false when there was nothing to do it to.
 */
export class Operations {
  private readonly around: Surroundings;

  constructor(around: Surroundings) {
    this.around = around;
  }

  run(operation: Operation): Promise<boolean> {
    return this[operation]();
  }

  private async add(): Promise<boolean> {
    const document = await this.newDocument();
    await this.insertDocument(document, false);
    this.around.library.put(document);
    return true;
  }

  private async rolledBackAdd(): Promise<boolean> {
    await this.insertDocument(await this.newDocument(), true);
    return true;
  }

  /** Rows first, then bytes, then commit. */
  private insertDocument(document: SimulatedDocument, rollBack: boolean): Promise<void> {
    const version = currentVersion(document);
    return this.transaction(rollBack, async (session) => {
      await insert(session, 'DLFileEntry', ENTRY_COLUMNS, entryValues(document, new Date()));
      await this.insertVersion(session, document, version);
      await this.around.store.write(pathOf(document, version), contentOf(document, version), session);
    });
  }

  /** A check-out, a new working copy and a check-in in one transaction; the working copy's bytes go after the commit. */
  private update(): Promise<boolean> {
    return this.updateContent(false);
  }

  private rolledBackUpdate(): Promise<boolean> {
    return this.updateContent(true);
  }

  private updateContent(rollBack: boolean): Promise<boolean> {
    return this.onDocument(this.takeCheckedIn(), async (document) => {
      const copy = await this.newVersion(WORKING_COPY, documentSize(this.around.random));
      const version = this.asNextVersion(document, copy);
      const updated = { ...document, versions: [...document.versions, version] };
      await this.transaction(rollBack, async (session) => {
        await this.insertVersion(session, document, copy);
        await this.around.store.write(pathOf(document, copy), contentOf(document, copy), session);
        await this.around.store.copy(pathOf(document, copy), pathOf(document, version), session);
        await this.updateVersion(session, version);
        await updateEntry(session, updated);
      });
      if (rollBack) return document;
      await this.around.store.delete(pathOf(document, copy));
      return updated;
    });
  }

  private checkOut(): Promise<boolean> {
    return this.onDocument(this.takeCheckedIn(), async (document) => {
      const current = currentVersion(document);
      const copy = {
        ...(await this.newVersion(WORKING_COPY, current.size)),
        origin: current.origin || labelOf(current),
      };
      await this.transaction(false, async (session) => {
        await this.insertVersion(session, document, copy);
        await this.around.store.copy(pathOf(document, current), pathOf(document, copy), session);
      });
      return { ...document, versions: [...document.versions, copy] };
    });
  }

  /** The old working copy's bytes go at once, before the commit. */
  private updateWorkingCopy(): Promise<boolean> {
    return this.onDocument(this.takeCheckedOut(), async (document) => {
      const old = workingCopy(document)!;
      const copy = {
        ...old,
        storeUUID: makeUuid(this.around.random),
        size: documentSize(this.around.random),
        origin: '',
      };
      await this.transaction(false, async (session) => {
        await this.around.store.delete(pathOf(document, old), session);
        await this.around.store.write(pathOf(document, copy), contentOf(document, copy), session);
        await this.updateVersion(session, copy);
      });
      return { ...document, versions: [...document.versions.slice(0, -1), copy] };
    });
  }

  /** The only deletion that waits for the commit. */
  private checkIn(): Promise<boolean> {
    return this.onDocument(this.takeCheckedOut(), async (document) => {
      const copy = workingCopy(document)!;
      const version = this.asNextVersion(document, copy);
      const updated = { ...document, versions: [...document.versions.slice(0, -1), version] };
      await this.transaction(false, async (session) => {
        await this.around.store.copy(pathOf(document, copy), pathOf(document, version), session);
        await this.updateVersion(session, version);
        await updateEntry(session, updated);
      });
      await this.around.store.delete(pathOf(document, copy));
      return updated;
    });
  }

  private cancelCheckOut(): Promise<boolean> {
    return this.onDocument(this.takeCheckedOut(), (document) =>
      this.removeVersion(document, workingCopy(document)!),
    );
  }

  private deleteVersion(): Promise<boolean> {
    return this.onDocument(
      this.takeCheckedIn((document) => document.versions.length > 1),
      (document) => this.removeVersion(document, document.versions[0]!),
    );
  }

  private async removeVersion(
    document: SimulatedDocument,
    version: SimulatedVersion,
  ): Promise<SimulatedDocument> {
    await this.transaction(false, async (session) => {
      await session.query('delete from DLFileVersion where fileVersionId = ? and ctCollectionId = 0', [
        version.fileVersionId,
      ]);
      await this.around.store.delete(pathOf(document, version), session);
    });
    return { ...document, versions: document.versions.filter((kept) => kept !== version) };
  }

  private deleteDocument(): Promise<boolean> {
    const checkedOut = this.around.random.integer(10) === 0;
    return this.onDocument(
      (checkedOut ? this.takeCheckedOut() : undefined) ?? this.takeCheckedIn(),
      async (document) => {
        await this.transaction(false, async (session) => {
          await session.query('delete from DLFileVersion where fileEntryId = ? and ctCollectionId = 0', [
            document.fileEntryId,
          ]);
          await session.query('delete from DLFileEntry where fileEntryId = ? and ctCollectionId = 0', [
            document.fileEntryId,
          ]);
          await this.around.store.deleteDocument(folderOf(document), session);
        });
        return undefined;
      },
    );
  }

  /** Every version is copied to the new folder, then the old folder goes; all before the commit. */
  private move(): Promise<boolean> {
    const { random, library, store } = this.around;
    return this.onDocument(this.takeCheckedIn(), async (document) => {
      const targets = library.places.filter(
        ({ groupId, folderId }) => groupId === document.groupId && folderId !== document.folderId,
      );
      if (targets.length === 0) return document;
      const moved = { ...document, ...random.pick(targets) };
      const treePath = moved.folderId === '0' ? '/' : `/${moved.folderId}/`;
      await this.transaction(false, async (session) => {
        for (const table of ['DLFileVersion', 'DLFileEntry']) {
          await session.query(
            `update ${table} set folderId = ?, treePath = ? where fileEntryId = ? and ctCollectionId = 0`,
            [moved.folderId, treePath, moved.fileEntryId],
          );
        }
        for (const version of document.versions)
          await store.copy(pathOf(document, version), pathOf(moved, version), session);
        await store.deleteDocument(folderOf(document), session);
      });
      return moved;
    });
  }

  /** Columns only: the bytes stay where they are. */
  private trash(): Promise<boolean> {
    return this.onDocument(this.takeCheckedIn(), async (document) => {
      await this.transaction(false, (session) =>
        session.query('update DLFileVersion set status = 8 where fileEntryId = ? and ctCollectionId = 0', [
          document.fileEntryId,
        ]),
      );
      return { ...document, versions: document.versions.map((version) => ({ ...version, status: 8 })) };
    });
  }

  private rename(): Promise<boolean> {
    return this.onDocument(this.takeCheckedIn(), async (document) => {
      const title = `Document ${document.name} renamed ${this.around.random.integer(1000)}`;
      await this.transaction(false, async (session) => {
        await session.query('update DLFileEntry set title = ? where fileEntryId = ? and ctCollectionId = 0', [
          title,
          document.fileEntryId,
        ]);
        await session.query(
          'update DLFileVersion set title = ? where fileVersionId = ? and ctCollectionId = 0',
          [title, currentVersion(document).fileVersionId],
        );
      });
      return { ...document, title };
    });
  }

  /** The folder goes, the same path is written again, and only then the row changes. */
  private async rewriteImage(): Promise<boolean> {
    const { library, random, store } = this.around;
    const image = library.takeImage(random);
    if (image === undefined) return false;
    const rewritten: SimulatedImage = { ...image, size: imageSize(random) };
    await this.transaction(false, async (session) => {
      const path = imagePath(image);
      await store.deleteDocument(path.slice(0, path.lastIndexOf('/')), session);
      await store.write(path, imageContent(rewritten.imageId, rewritten.size), session);
      await session.query('update Image set size_ = ?, modifiedDate = ? where imageId = ?', [
        rewritten.size,
        new Date(),
        image.imageId,
      ]);
    });
    library.putImage(rewritten);
    return true;
  }

  /** Work that has nothing to do with documents; a trigger leaves an audit row. */
  private async editArticle(): Promise<boolean> {
    const id = 50_000 + this.around.random.integer(50);
    await this.around.database.query('update JournalArticle set title = ?, modifiedDate = ? where id_ = ?', [
      `Article ${id} ${Date.now()}`,
      new Date(),
      id,
    ]);
    return true;
  }

  private takeCheckedIn(wanted?: (document: SimulatedDocument) => boolean): SimulatedDocument | undefined {
    return this.around.library.takeCheckedIn(this.around.random, wanted);
  }

  private takeCheckedOut(): SimulatedDocument | undefined {
    return this.around.library.takeCheckedOut(this.around.random);
  }

  private async onDocument(
    document: SimulatedDocument | undefined,
    work: (document: SimulatedDocument) => Promise<SimulatedDocument | undefined>,
  ): Promise<boolean> {
    if (document === undefined) return false;
    // A document whose operation failed in the middle is not touched again: its state is not known.
    const after = await work(document);
    if (after !== undefined) this.around.library.put(after);
    return true;
  }

  private async transaction(rollBack: boolean, work: (session: Session) => Promise<unknown>): Promise<void> {
    try {
      await this.around.database.transaction(async (session) => {
        await work(session);
        await sleep(this.around.random.next() * this.around.commitDelayMs);
        if (rollBack) throw new RolledBack();
      });
    } catch (error) {
      if (!(error instanceof RolledBack)) throw error;
    }
  }

  private async newDocument(): Promise<SimulatedDocument> {
    const { ids, names, random, library } = this.around;
    const [fileEntryId, name] = [await ids.next(), await names.next()];
    const version = { ...(await this.newVersion('1.0', documentSize(random))), storeUUID: '' };
    return {
      ...random.pick(library.places),
      fileEntryId,
      name,
      title: `Document ${name}`,
      ctCollectionId: '0',
      versions: [version],
    };
  }

  private async newVersion(version: string, size: number): Promise<SimulatedVersion> {
    return {
      fileVersionId: await this.around.ids.next(),
      version,
      storeUUID: makeUuid(this.around.random),
      size,
      origin: '',
      status: version === WORKING_COPY ? 2 : 0,
    };
  }

  /** The working copy as the document's next version: the same bytes under a new label. */
  private asNextVersion(document: SimulatedDocument, copy: SimulatedVersion): SimulatedVersion {
    const [major, minor] = currentVersion(document).version.split('.');
    const version =
      this.around.random.integer(5) === 0 ? `${Number(major) + 1}.0` : `${major}.${Number(minor) + 1}`;
    return {
      ...copy,
      version,
      storeUUID: makeUuid(this.around.random),
      origin: copy.origin || labelOf(copy),
      status: 0,
    };
  }

  private insertVersion(
    session: Session,
    document: SimulatedDocument,
    version: SimulatedVersion,
  ): Promise<void> {
    return insert(session, 'DLFileVersion', VERSION_COLUMNS, versionValues(document, version, new Date()));
  }

  private async updateVersion(session: Session, version: SimulatedVersion): Promise<void> {
    await session.query(
      'update DLFileVersion set version = ?, storeUUID = ?, size_ = ?, extraSettings = ?, status = ?, modifiedDate = ? where fileVersionId = ? and ctCollectionId = 0',
      [
        version.version,
        version.storeUUID,
        version.size,
        version.origin,
        version.status,
        new Date(),
        version.fileVersionId,
      ],
    );
  }
}

async function insert(
  session: Session,
  table: string,
  columns: readonly string[],
  values: Parameters<Session['query']>[1],
): Promise<void> {
  await session.query(
    `insert into ${table} (${columns.join(',')}) values (${columns.map(() => '?').join(',')})`,
    values,
  );
}

async function updateEntry(session: Session, document: SimulatedDocument): Promise<void> {
  const { version, size } = currentVersion(document);
  await session.query(
    'update DLFileEntry set version = ?, size_ = ?, modifiedDate = ? where fileEntryId = ? and ctCollectionId = 0',
    [version, size, new Date(), document.fileEntryId],
  );
}
