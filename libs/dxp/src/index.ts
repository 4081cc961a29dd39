/**
 * What Lifeboat knows of Liferay DXP: where an installation keeps its parts, in which order it reads its
 * configuration, and where the bytes of a document row lie. Pure: the outside is seen through a `FileView`.
 * It promises the layouts and orders of DXP facts §1-§3; it does not promise to understand custom stores.
 */
export { WORKING_COPY, type DocumentRow } from './document-row.ts';
export { DocumentRows } from './document-rows.ts';
export { NumberColumn } from './number-column.ts';
export { TextHeap } from './text-heap.ts';
export type { ImageRow } from './image-row.ts';
export type { StoredContent } from './stored-content.ts';
export { StoreContents } from './store-contents.ts';
export { isExternalRepository } from './external-repository.ts';
export { isKnownBuild } from './known-build.ts';
export { compareCompanies, type CompanyComparison } from './compare-companies.ts';
export { dataRepositoryId, expectedImagePaths, expectedPaths, type StoreLayout } from './expected-paths.ts';
export { derivedFolders, isDerived, isStoreFurniture } from './derived-content.ts';
export {
  isInPlace,
  isInsideStore,
  resolveDocuments,
  type References,
  type Resolution,
  type ResolveOptions,
  type StoreIndex,
} from './resolve-documents.ts';
export { parseProperties, type Property } from './properties.ts';
export { decodeEnvironmentKey, encodeEnvironmentKey } from './environment.ts';
export { osgiText, parseOsgiConfig, type OsgiEntry, type OsgiScalar, type OsgiValue } from './osgi-config.ts';
export {
  readPortalConfiguration,
  type PortalConfiguration,
  type PortalConfigurationSources,
  type Setting,
} from './portal-configuration.ts';
export { parseJdbcUrl, withoutSecrets, type JdbcTarget } from './jdbc-url.ts';
export type { FileView, ProcessView } from './file-view.ts';
export {
  serverAroundHome,
  serverOfProcess,
  type ApplicationServer,
  type ApplicationServerKind,
} from './application-server.ts';
export type {
  DocumentStoreKind,
  DxpInstallation,
  Finding,
  JdbcSettings,
  OutsidePath,
} from './installation.ts';
export { discover, readDatabasePassword, type DiscoverOptions } from './discover.ts';
export type { SearchEngine } from './search-index.ts';
export {
  captureExcludes,
  clearedAtRestore,
  installationTrees,
  type InstallationTreeName,
  type TreePath,
} from './node-local-state.ts';
export { isConfigurationText } from './configuration-text.ts';
export { lostLines, textDifference } from './text-difference.ts';
export { describeDrift, differingKeys, driftGroupOf, type DriftFile, type DriftGroup } from './drift.ts';
