import { randomInt } from 'node:crypto';
import type { Database, Row, Session, Value } from '../database.ts';
import type { PortalStore } from './portal-store.ts';

const ADDRESS = 'companyId = ? and repositoryId = ? and path_ = ? and ctCollectionId = 0';

/**
 * DBStore as the portal has it (DXP facts §2.8): a row of `DLContent` a version, its bytes a large object on PostgreSQL
 * (a rule unlinks it with its row). It is part of the caller's transaction.
 */
export class DatabaseStore implements PortalStore {
  private readonly database: Database;

  constructor(database: Database) {
    this.database = database;
  }

  nameOf(path: string): string {
    return path;
  }

  async write(path: string, bytes: Buffer, session: Session = this.database): Promise<void> {
    const { document, label } = addressOf(path);
    const blob = this.database.kind === 'postgresql' ? 'lo_from_bytea(0, ?)' : '?';
    await session.query(
      `insert into DLContent (contentId, groupId, companyId, repositoryId, path_, version, data_, size_) values (?, 0, ?, ?, ?, ?, ${blob}, ?)`,
      [randomInt(2 ** 47), ...document, label, bytes, bytes.length],
    );
  }

  async copy(from: string, to: string, session: Session = this.database): Promise<void> {
    const bytes = await this.readIn(session, from);
    if (bytes === undefined) throw new Error(`DLContent has no ${from}`);
    await this.write(to, bytes, session);
  }

  async delete(path: string, session: Session = this.database): Promise<void> {
    const { document, label } = addressOf(path);
    const rows = await session.query(
      `select contentId as id from DLContent where ${ADDRESS} and version in (?, ?)`,
      [...document, label, `${label}.index`],
    );
    await this.deleteRows(rows, session);
  }

  async deleteDocument(path: string, session: Session = this.database): Promise<void> {
    const rows = await session.query(
      `select contentId as id from DLContent where ${ADDRESS}`,
      splitDocument(path),
    );
    await this.deleteRows(rows, session);
  }

  read(path: string): Promise<Buffer | undefined> {
    return this.readIn(this.database, path);
  }

  async list(): Promise<string[]> {
    const rows = await this.database.query(
      'select companyId as company, repositoryId as folder, path_ as path, version as version from DLContent',
    );
    return rows.map((row) => `${row.company}/${row.folder}/${row.path}/${row.version}`);
  }

  private async readIn(session: Session, path: string): Promise<Buffer | undefined> {
    const { document, label } = addressOf(path);
    const data = this.database.kind === 'postgresql' ? 'lo_get(data_)' : 'data_';
    const [row]: Row[] = await session.query(
      `select ${data} as data from DLContent where ${ADDRESS} and version = ?`,
      [...document, label],
    );
    return row?.data as Buffer | undefined;
  }

  /** One by one by their key: a range would lock the gaps into which others insert. */
  private async deleteRows(rows: readonly Row[], session: Session): Promise<void> {
    for (const { id } of rows) await session.query('delete from DLContent where contentId = ?', [String(id)]);
  }
}

function addressOf(path: string): { document: Value[]; label: string } {
  const at = path.lastIndexOf('/');
  return { document: splitDocument(path.slice(0, at)), label: path.slice(at + 1) };
}

/** Company, folder or site, and name. */
function splitDocument(path: string): Value[] {
  const [company = '', folder = '', ...name] = path.split('/');
  return [company, folder, name.join('/')];
}
