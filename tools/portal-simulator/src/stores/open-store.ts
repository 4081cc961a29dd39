import type { Database } from '../database.ts';
import type { Portal } from '../portal.ts';
import { DatabaseStore } from './database-store.ts';
import { FileSystemStore } from './file-system-store.ts';
import type { PortalStore } from './portal-store.ts';
import { ADVANCED_PLACES, PLAIN_PLACES } from './store-places.ts';

/** The kinds of store that can be played, and the portal's class for each. */
export const STORE_CLASSES = {
  'file-system': 'com.liferay.portal.store.file.system.FileSystemStore',
  'advanced-file-system': 'com.liferay.portal.store.file.system.AdvancedFileSystemStore',
  database: 'com.liferay.portal.store.db.DBStore',
} as const;

export type StoreKind = keyof typeof STORE_CLASSES;

/** @param database the portal's own, open: a store in it lives as long */
export function openStore(
  { storeKind, store }: Pick<Portal, 'storeKind' | 'store'>,
  database: Database,
): PortalStore {
  switch (storeKind) {
    case 'database':
      return new DatabaseStore(database);
    case 'advanced-file-system':
      return new FileSystemStore(store, ADVANCED_PLACES);
    case 'file-system':
      return new FileSystemStore(store, PLAIN_PLACES);
  }
}
