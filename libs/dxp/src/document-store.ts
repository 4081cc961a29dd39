import { messageOf } from '@lifeboat/kernel';
import type { FileView } from './file-view.ts';
import type { DocumentStoreKind } from './installation.ts';
import { osgiText, parseOsgiConfig } from './osgi-config.ts';
import type { PortalConfiguration, Setting } from './portal-configuration.ts';
import { joinPath, resolvePath } from './paths.ts';

export interface DocumentStore {
  readonly kind: DocumentStoreKind;
  readonly kindFrom: Setting | undefined;
  readonly path: string | undefined;
  readonly pathFrom: Setting | undefined;
  readonly warnings: readonly string[];
}

const CONFIGURATION = 'com.liferay.portal.store.file.system.configuration';
const PIDS = {
  'file-system': `${CONFIGURATION}.FileSystemStoreConfiguration`,
  'advanced-file-system': `${CONFIGURATION}.AdvancedFileSystemStoreConfiguration`,
} as const;

/**
 * The document store in force (DXP facts §1.6): its kind from `dl.store.impl`, its root from, strongest first, a
 * `configuration.override` property, the `.config` file, the 6.2 property, the default. A root that is not
 * absolute is taken from Home. What System Settings wrote into the database is not seen here.
 */
export function findDocumentStore(
  view: FileView,
  configuration: PortalConfiguration,
  home: string,
): DocumentStore {
  const kindFrom = configuration.get('dl.store.impl') ?? configuration.get('dl.hook.impl');
  const kind = kindOf(kindFrom?.value);
  if (kind !== 'file-system' && kind !== 'advanced-file-system') {
    return { kind, kindFrom, path: undefined, pathFrom: undefined, warnings: [] };
  }
  const warnings: string[] = [];
  const pathFrom =
    overriddenRoot(configuration, PIDS[kind]) ??
    configuredRoot(view, configuration, home, PIDS[kind], warnings) ??
    configuration.get(
      kind === 'file-system' ? 'dl.store.file.system.root.dir' : 'dl.store.advanced.file.system.root.dir',
    );
  const fallback = kind === 'file-system' ? 'data/document_library' : undefined;
  const root = pathFrom?.value || fallback;
  const path = root === undefined ? undefined : resolvePath(home, root.replaceAll('${liferay.home}', home));
  if (path === undefined)
    warnings.push('the advanced file system store has no root configured; name it in the cluster definition');
  return { kind, kindFrom, path, pathFrom, warnings };
}

function kindOf(implementation: string | undefined): DocumentStoreKind {
  switch (implementation?.slice(implementation.lastIndexOf('.') + 1)) {
    case undefined:
    case '':
    case 'FileSystemStore':
      return 'file-system';
    case 'AdvancedFileSystemStore':
      return 'advanced-file-system';
    case 'DBStore':
      return 'database';
    case 'S3Store':
    case 'IBMS3Store':
      return 's3';
    case 'GCSStore':
      return 'gcs';
    case 'AzureStore':
      return 'azure';
    default:
      return 'other';
  }
}

function overriddenRoot(configuration: PortalConfiguration, pid: string): Setting | undefined {
  const setting = configuration.get(`configuration.override.${pid}_rootDir`);
  // The value is typed as in a .config file: T"/path" or "/path".
  return setting && { ...setting, value: setting.value.trim().replace(/^T?"(.*)"$/s, '$1') };
}

function configuredRoot(
  view: FileView,
  configuration: PortalConfiguration,
  home: string,
  pid: string,
  warnings: string[],
): Setting | undefined {
  const base = configuration.get('module.framework.base.dir')?.value ?? 'osgi';
  const file = joinPath(resolvePath(home, base), 'configs', `${pid}.config`);
  const text = view.read(file);
  if (text === undefined) return undefined;
  try {
    const value = osgiText(parseOsgiConfig(text).get('rootDir'));
    const line = text.split('\n').findIndex((candidate) => /^\s*"?rootDir/.test(candidate)) + 1;
    return value === undefined ? undefined : { value, file, line };
  } catch (error) {
    warnings.push(`${file} cannot be read: ${messageOf(error)}`);
    return undefined;
  }
}
