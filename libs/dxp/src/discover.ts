import { LifeboatError } from '@lifeboat/kernel';
import {
  argument,
  classPathFolders,
  homeAroundServer,
  serverAroundHome,
  serverOfProcess,
  type ApplicationServer,
} from './application-server.ts';
import { findDataSource, type DataSource } from './data-source.ts';
import { findDocumentStore, type DocumentStore } from './document-store.ts';
import { decodeEnvironmentKey } from './environment.ts';
import type { FileView, ProcessView } from './file-view.ts';
import type { DxpInstallation, Finding } from './installation.ts';
import { parseJdbcUrl, passwordInUrl, withoutSecrets } from './jdbc-url.ts';
import { joinPath, resolvePath } from './paths.ts';
import { readPortalConfiguration, type PortalConfiguration } from './portal-configuration.ts';
import { findSearchIndex, type SearchIndex } from './search-index.ts';

export interface DiscoverOptions {
  /** Named by the operator: taken as it is. */
  readonly liferayHome?: string | undefined;
  /** Folder of the Lucene indexes, named by the operator: absolute, or relative to Home. */
  readonly searchIndexPath?: string | undefined;
  /** Java processes of this machine; the first that is a portal counts. */
  readonly processes?: readonly ProcessView[];
  /** Home directory of the operating system user that runs the portal. */
  readonly homeOfUser?: string | undefined;
}

/**
 * Finds what there is to back up on a node from the portal's own configuration, read in the portal's own order.
 * Each fact comes with its evidence. Passwords are not part of the result: see `readDatabasePassword`.
 * @throws LifeboatError NOT_FOUND when no Liferay Home can be found
 */
export function discover(view: FileView, options: DiscoverOptions = {}): DxpInstallation {
  const { home, server, configuration, findings, warnings } = locate(view, options);
  const store = findDocumentStore(view, configuration, home.path);
  const source = findDataSource(view, configuration, server);
  const searchIndex = findSearchIndex(view, configuration, home.path, options.searchIndexPath);
  const password = source?.password;
  return {
    liferayHome: home.path,
    applicationServer: server,
    documentStore: { kind: store.kind, path: store.path },
    searchIndex: { lucenePath: searchIndex.lucenePath, engines: searchIndex.engines },
    jdbc: source && {
      url: withoutSecrets(source.url.value),
      username: source.username?.value ?? parseJdbcUrl(source.url.value)?.user ?? '',
      driver: source.driver?.value ?? '',
    },
    ...(password === undefined ? {} : { passwordRef: { file: password.file, line: password.line } }),
    findings: [
      ...findings,
      ...storeFindings(store),
      ...sourceFindings(source),
      ...searchFindings(searchIndex),
    ],
    warnings: [
      ...warnings,
      ...configuration.warnings,
      ...store.warnings,
      ...sourceWarnings(configuration, source),
    ],
  };
}

/** The database password the portal uses, for the caller's own connection: never log it, never send it. */
export function readDatabasePassword(view: FileView, options: DiscoverOptions = {}): string | undefined {
  const { server, configuration } = locate(view, options);
  const source = findDataSource(view, configuration, server);
  return source && (source.password?.value ?? passwordInUrl(source.url.value));
}

interface Located {
  readonly home: { readonly path: string };
  readonly server: ApplicationServer | undefined;
  readonly configuration: PortalConfiguration;
  readonly findings: Finding[];
  readonly warnings: string[];
}

/** Home decides where the configuration is, and the configuration may name another Home: the portal obeys it. */
function locate(view: FileView, options: DiscoverOptions): Located {
  const process = (options.processes ?? []).find((candidate) => isPortal(candidate, options));
  const first = findHome(view, options, process);
  const findings: Finding[] = [];
  const warnings: string[] = [];
  const read = (
    path: string,
  ): { server: ApplicationServer | undefined; configuration: PortalConfiguration } => {
    const server = (process && serverOfProcess(process)) ?? serverAroundHome(view, path);
    const configuration = readPortalConfiguration(view, {
      liferayHome: path,
      classPath: server ? classPathFolders(view, server) : [],
      userHome: options.homeOfUser,
      externalProperties: process && argument(process.args, '-Dexternal-properties='),
      environment: process?.env ?? {},
    });
    return { server, configuration };
  };
  let path = first.path;
  let found = read(path);
  const named = found.configuration.get('liferay.home');
  if (named !== undefined && resolvePath(path, named.value) !== path) {
    const other = resolvePath(path, named.value);
    warnings.push(`${named.file} sets liferay.home to ${other}, not ${path}: the portal uses the former`);
    if (options.liferayHome === undefined) {
      path = other;
      found = read(path);
    }
  }
  findings.push({ what: 'Liferay Home', value: path, from: { file: first.from, line: 0 } });
  if (found.server) {
    findings.push({
      what: `application server (${found.server.kind})`,
      value: found.server.path,
      from: { file: found.server.path, line: 0 },
    });
  } else {
    warnings.push(`no application server was found around ${path}; add its folder as a source of kind path`);
  }
  return { home: { path }, ...found, findings, warnings };
}

function isPortal(process: ProcessView, options: DiscoverOptions): boolean {
  const server = serverOfProcess(process);
  if (options.liferayHome === undefined) return server !== undefined || homeOfProcess(process) !== undefined;
  // Several portals may run on one machine: only the one of the named Home speaks for it.
  const homes = [homeOfProcess(process), server && homeAroundServer(server)];
  return homes.some(
    (home) => home !== undefined && resolvePath('/', home) === resolvePath('/', options.liferayHome!),
  );
}

function homeOfProcess({ args, env }: ProcessView): string | undefined {
  const variable = Object.keys(env).find((name) => decodeEnvironmentKey(name) === 'liferay.home');
  return (variable === undefined ? undefined : env[variable]) ?? argument(args, '-Dliferay.home=');
}

function findHome(
  view: FileView,
  options: DiscoverOptions,
  process: ProcessView | undefined,
): { path: string; from: string } {
  if (options.liferayHome !== undefined)
    return { path: resolvePath('/', options.liferayHome), from: 'cluster definition' };
  const server = process && serverOfProcess(process);
  const candidates: [string | undefined, string][] = [
    [process && homeOfProcess(process), 'arguments of the portal process'],
    [server && homeAroundServer(server), 'application server of the portal process'],
    ['/opt/liferay', 'usual place in containers'],
    // The portal falls back to it when it may not write to its Home (DXP facts §1.1).
    [options.homeOfUser && joinPath(options.homeOfUser, 'liferay'), "the portal user's home directory"],
  ];
  for (const [path, from] of candidates) {
    if (path !== undefined && view.list(path) !== undefined) return { path: resolvePath('/', path), from };
  }
  throw new LifeboatError('NOT_FOUND', 'no Liferay Home was found on this machine', {
    guidance:
      'Start the portal once, or name its Home as liferayHome of this node in the cluster definition.',
  });
}

function storeFindings(store: DocumentStore): Finding[] {
  const byDefault = { file: "the portal's default", line: 0 };
  const findings: Finding[] = [
    { what: 'document store kind', value: store.kind, from: store.kindFrom ?? byDefault },
  ];
  if (store.path !== undefined)
    findings.push({ what: 'document store', value: store.path, from: store.pathFrom ?? byDefault });
  return findings.map(({ what, value, from }) => ({
    what,
    value,
    from: { file: from.file, line: from.line },
  }));
}

function sourceFindings(source: DataSource | undefined): Finding[] {
  if (source === undefined) return [];
  const { url, username, driver } = source;
  const facts = [
    ['database URL', url && { ...url, value: withoutSecrets(url.value) }],
    ['database user', username],
    ['database driver', driver],
  ] as const;
  return facts.flatMap(([what, setting]) =>
    setting === undefined
      ? []
      : [{ what, value: setting.value, from: { file: setting.file, line: setting.line } }],
  );
}

function searchFindings({ lucenePath, luceneFrom, engines }: SearchIndex): Finding[] {
  const from = { file: luceneFrom?.file ?? "the folder's presence", line: luceneFrom?.line ?? 0 };
  return [
    ...(lucenePath === undefined ? [] : [{ what: 'search index (Lucene)', value: lucenePath, from }]),
    ...engines.map(({ place, reason }) => ({
      what: 'search engine, not captured',
      value: `${place} (${reason})`,
      from: { file: place, line: 0 },
    })),
  ];
}

function sourceWarnings(configuration: PortalConfiguration, source: DataSource | undefined): string[] {
  const jndiName = configuration.get('jdbc.default.jndi.name')?.value;
  if (source === undefined) {
    return jndiName
      ? [
          `the data source ${jndiName} was not found in the application server's files; name the database in the cluster definition`,
        ]
      : ['no database is configured: the portal uses its built-in one, which Lifeboat keeps only as files'];
  }
  return parseJdbcUrl(source.url.value) === undefined
    ? [`Lifeboat does not dump the kind of database in ${withoutSecrets(source.url.value)}`]
    : [];
}
