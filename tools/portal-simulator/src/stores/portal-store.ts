import type { Session } from '../database.ts';

/**
 * A document store as the portal uses it. Paths are `<company>/<folder or site>/<name>/<label>`, whatever the store
 * makes of them. `session` is the transaction under way: a store outside of the database takes no notice of it.
 */
export interface PortalStore {
  write(path: string, bytes: Buffer, session?: Session): Promise<void>;
  copy(from: string, to: string, session?: Session): Promise<void>;
  /** One version. */
  delete(path: string, session?: Session): Promise<void>;
  /** A document (`<company>/<folder or site>/<name>`) with all its versions. */
  deleteDocument(path: string, session?: Session): Promise<void>;
  read(path: string): Promise<Buffer | undefined>;
  /** By what name the store itself keeps a path's bytes. */
  nameOf(path: string): string;
  /** The store's own names of everything in it. */
  list(): Promise<string[]>;
}
