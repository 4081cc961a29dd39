import type { Portal } from '../portal.ts';
import { FileSystemStore } from './file-system-store.ts';
import type { PortalStore } from './portal-store.ts';
import { ADVANCED_PLACES, PLAIN_PLACES } from './store-places.ts';

/** The kinds of store that can be played. */
export const STORE_KINDS = ['file-system', 'advanced-file-system'] as const;

export type StoreKind = (typeof STORE_KINDS)[number];

/** @param store another root than the portal's own, to look at a copy */
export function openStore({ storeKind }: Pick<Portal, 'storeKind'>, store: string): PortalStore {
  return new FileSystemStore(store, storeKind === 'advanced-file-system' ? ADVANCED_PLACES : PLAIN_PLACES);
}
