import type { FileView } from './file-view.ts';
import type { DocumentStoreKind, Finding } from './installation.ts';
import { osgiSetting, type ModuleFramework } from './osgi-settings.ts';
import type { PortalConfiguration, Setting } from './portal-configuration.ts';
import { baseName, joinPath, parentPath, resolvePath } from './paths.ts';
import { layoutsOnDisk } from './store-layout.ts';

export interface DocumentStore {
  readonly kind: DocumentStoreKind;
  readonly path: string | undefined;
  readonly findings: readonly Finding[];
  readonly warnings: readonly string[];
}

export interface DocumentStoreOptions {
  readonly home: string;
  readonly framework: ModuleFramework;
  /** Named by the operator: taken as it is. */
  readonly named: string | undefined;
}

type FileStoreKind = 'file-system' | 'advanced-file-system';

const STORE = 'com.liferay.portal.store';
const FILE_STORES: Record<FileStoreKind, { pid: string; key: string; fallback: string | undefined }> = {
  'file-system': {
    pid: `${STORE}.file.system.configuration.FileSystemStoreConfiguration`,
    key: 'dl.store.file.system.root.dir',
    fallback: 'data/document_library',
  },
  'advanced-file-system': {
    pid: `${STORE}.file.system.configuration.AdvancedFileSystemStoreConfiguration`,
    key: 'dl.store.advanced.file.system.root.dir',
    fallback: undefined,
  },
};

/** What is no secret of a store of objects: where they are. */
const OBJECT_STORES: Partial<Record<DocumentStoreKind, readonly [pid: string, ...keys: string[]]>> = {
  s3: [`${STORE}.s3.configuration.S3StoreConfiguration`, 'bucketName', 's3Region', 's3Endpoint'],
  gcs: [`${STORE}.gcs.configuration.GCSStoreConfiguration`, 'bucketName'],
  azure: [`${STORE}.azure.configuration.AzureStoreConfiguration`, 'containerName'],
};

const BY_DEFAULT = { file: "the portal's default", line: 0 };

/**
 * The document store in force (DXP facts §1.6): its kind from `dl.store.impl`, its root from, strongest first, the
 * cluster's definition, a component's setting, the 6.2 property, the default. A root that is not absolute is taken
 * from Home. What System Settings wrote into the database is not seen here, but what lies on disk is.
 */
export function findDocumentStore(
  view: FileView,
  configuration: PortalConfiguration,
  options: DocumentStoreOptions,
): DocumentStore {
  const kindFrom = configuration.get('dl.store.impl') ?? configuration.get('dl.hook.impl');
  const kind = kindOf(kindFrom?.value);
  const isInFiles = kind === 'file-system' || kind === 'advanced-file-system';
  const root =
    isInFiles || options.named !== undefined ? rootOf(view, configuration, kind, options) : undefined;
  const findings = [
    found('document store kind', kind, kindFrom),
    ...(root === undefined
      ? []
      : [found('document store', root.value, root), ...linkFinding(view, root.value)]),
    ...objectFindings(view, configuration, options.framework, kind),
  ];
  const warnings =
    isInFiles && root === undefined
      ? ['the advanced file system store has no root configured; name documentStore.path in cluster.yaml']
      : layoutWarnings(view, { kind, kindFrom, root: root?.value, home: options.home });
  return { kind, path: root?.value, findings, warnings };
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

function rootOf(
  view: FileView,
  configuration: PortalConfiguration,
  kind: DocumentStoreKind,
  { home, framework, named }: DocumentStoreOptions,
): Setting | undefined {
  if (named !== undefined) return { value: resolvePath(home, named), file: 'cluster definition', line: 0 };
  const { pid, key, fallback } = FILE_STORES[kind as FileStoreKind];
  const setting =
    osgiSetting(view, configuration, framework.configs, pid, 'rootDir') ?? configuration.get(key);
  const root = setting?.value || fallback;
  if (root === undefined) return undefined;
  return { ...(setting ?? BY_DEFAULT), value: resolvePath(home, root.replaceAll('${liferay.home}', home)) };
}

/** A restore gives back what a link leads to, not the link: so it has to be told of. */
function linkFinding(view: FileView, root: string): Finding[] {
  const real = view.realPath(root);
  const parent = view.realPath(parentPath(root));
  if (real === undefined || parent === undefined || real === joinPath(parent, baseName(root))) return [];
  return [found('document store behind its symbolic link', real, { file: root, line: 0 })];
}

function objectFindings(
  view: FileView,
  configuration: PortalConfiguration,
  { configs }: ModuleFramework,
  kind: DocumentStoreKind,
): Finding[] {
  const [pid, ...keys] = OBJECT_STORES[kind] ?? [''];
  return keys.flatMap((key) => {
    const setting = osgiSetting(view, configuration, configs, pid, key);
    return setting === undefined ? [] : [found(`document store ${key}`, setting.value, setting)];
  });
}

/** The setting that counts may stand in the database, where it is not seen: what lies on disk tells. */
function layoutWarnings(
  view: FileView,
  store: {
    kind: DocumentStoreKind;
    kindFrom: Setting | undefined;
    root: string | undefined;
    home: string;
  },
): string[] {
  const { kind, kindFrom, home } = store;
  const root = store.root ?? joinPath(home, 'data/document_library');
  const others = [...layoutsOnDisk(view, root)].filter((layout) => layout !== kind);
  if (others.length === 0) return [];
  const from =
    kindFrom === undefined
      ? 'by default'
      : `by ${kindFrom.file}${kindFrom.line > 0 ? `:${kindFrom.line}` : ''}`;
  return [
    `the document store is of the kind ${kind} ${from}, but in ${root} documents lie in the layout ${others.join(' and ')}: see which store the portal uses (System Settings, File Storage), and name it in cluster.yaml; what an earlier store left behind can be moved away`,
  ];
}

function found(what: string, value: string, from: Pick<Setting, 'file' | 'line'> | undefined): Finding {
  const { file, line } = from ?? BY_DEFAULT;
  return { what, value, from: { file, line } };
}
