/**
 * What Lifeboat knows of Liferay DXP: where an installation keeps its parts, in which order it reads its
 * configuration, and where the bytes of a document row lie. Pure: the outside is seen through a `FileView`.
 * It promises the layouts and orders of DXP facts §1-§3; it does not promise to understand custom stores.
 */
export { WORKING_COPY, type DocumentRow } from './document-row.ts';
export type { ImageRow } from './image-row.ts';
export { dataRepositoryId, expectedImagePaths, expectedPaths } from './expected-paths.ts';
export { advancedFilePath, expectedAdvancedPaths } from './advanced-paths.ts';
export { isDerived, isStoreFurniture } from './derived-content.ts';
export {
  isInPlace,
  resolveDocuments,
  type Resolution,
  type ResolveOptions,
  type StoreIndex,
} from './resolve-documents.ts';
export { parseProperties, type Property } from './properties.ts';
export { decodeEnvironmentKey, encodeEnvironmentKey } from './environment.ts';
export { osgiText, parseOsgiConfig, type OsgiScalar, type OsgiValue } from './osgi-config.ts';
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
export type { DocumentStoreKind, DxpInstallation, Finding, JdbcSettings } from './installation.ts';
export { discover, readDatabasePassword, type DiscoverOptions } from './discover.ts';
export type { SearchEngine } from './search-index.ts';
export { captureExcludes, clearedAtRestore, type TreePath } from './node-local-state.ts';
