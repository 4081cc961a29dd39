/** Reading a vault with nothing but its key. Apart from the rest of the library, so that no catalog is loaded for it. */
export type { Finding } from '../maintenance/finding.ts';
export type { OfflineCluster } from './offline-cluster.ts';
export { OfflineVault, type StoredSet } from './offline-vault.ts';
