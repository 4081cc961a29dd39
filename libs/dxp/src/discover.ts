import { LifeboatError } from '@lifeboat/kernel';
import {
  classPathFolders,
  homeAroundServer,
  serverAroundHome,
  serverOfProcess,
  withInstances,
  type ApplicationServer,
} from './application-server.ts';
import type { DataSource } from './data-source/data-source.ts';
import { findDataSource, passwordOf } from './data-source/find-data-source.ts';
import { findDocumentStore } from './document-store.ts';
import { decodeEnvironmentKey } from './environment.ts';
import type { FileView, ProcessView } from './file-view.ts';
import type { DxpInstallation, Finding } from './installation.ts';
import { systemProperties } from './java-options.ts';
import { parseJdbcUrl, withoutSecrets } from './jdbc-url.ts';
import { moduleFramework, osgiProblems } from './osgi-settings.ts';
import { outsidePaths } from './outside-paths.ts';
import { joinPath, resolvePath } from './paths.ts';
import { readPortalConfiguration, type PortalConfiguration } from './portal-configuration.ts';
import { findSearchIndex, type SearchIndex } from './search-index.ts';

export interface DiscoverOptions {
  /** Named by the operator: taken as it is. */
  readonly liferayHome?: string | undefined;
  /** Named by the operator in the cluster's definition: taken as it is. */
  readonly documentStorePath?: string | undefined;
  /** Folder of the Lucene indexes, named by the operator: absolute, or relative to Home. */
  readonly searchIndexPath?: string | undefined;
  /** Java processes of this machine; the first that is a portal counts. */
  readonly processes?: readonly ProcessView[];
  /** Home directory of the operating system user that runs the portal, where its process does not say. */
  readonly homeOfUser?: string | undefined;
}

/**
 * Finds what there is to back up on a node from the portal's own configuration, read in the portal's own order.
 * Each fact comes with its evidence. Passwords are not part of the result: see `readDatabasePassword`.
 * @throws LifeboatError NOT_FOUND when no Liferay Home can be found
 */
export function discover(view: FileView, options: DiscoverOptions = {}): DxpInstallation {
  const { home, server, process, configuration, findings, warnings } = locate(view, options);
  const framework = moduleFramework(configuration, home);
  const named = options.documentStorePath;
  const store = findDocumentStore(view, configuration, { home, framework, named });
  const { source, warnings: sourceProblems } = findDataSource(view, configuration, server, process);
  const searchIndex = findSearchIndex(view, configuration, home, options.searchIndexPath);
  const password = source?.password;
  const installation = {
    liferayHome: home,
    applicationServer: server,
    moduleFramework: framework,
    processSeen: process !== undefined,
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
      ...frameworkFinding(configuration, framework.base),
      ...store.findings,
      ...sourceFindings(source),
      ...searchFindings(searchIndex),
    ],
    warnings: [
      ...warnings,
      ...configuration.warnings,
      ...osgiProblems(view, framework.configs),
      ...store.warnings,
      ...sourceProblems,
      ...sourceWarnings(configuration, source),
    ],
  };
  const catalinaHome = process && systemProperties(process).get('catalina.home');
  return { ...installation, outsidePaths: outsidePaths(view, installation, configuration, catalinaHome) };
}

/** The database password the portal uses, for the caller's own connection: never log it, never send it. */
export function readDatabasePassword(view: FileView, options: DiscoverOptions = {}): string | undefined {
  const { server, process, configuration } = locate(view, options);
  const { source } = findDataSource(view, configuration, server, process);
  return source && passwordOf(source);
}

interface Located {
  readonly home: string;
  readonly server: ApplicationServer | undefined;
  readonly process: ProcessView | undefined;
  readonly configuration: PortalConfiguration;
  readonly findings: Finding[];
  readonly warnings: string[];
}

/** Home decides where the configuration is, and the configuration may name another Home: the portal obeys it. */
function locate(view: FileView, options: DiscoverOptions): Located {
  const process = portalOf(options);
  const first = findHome(view, options, process);
  const warnings: string[] = [];
  let home = first.path;
  let found = readAt(view, home, options, process);
  const named = found.configuration.get('liferay.home');
  if (named !== undefined && resolvePath(home, named.value) !== home) {
    const other = resolvePath(home, named.value);
    warnings.push(`${named.file} sets liferay.home to ${other}, not ${home}: the portal uses the former`);
    if (options.liferayHome === undefined) {
      home = other;
      found = readAt(view, home, options, process);
    }
  }
  const findings: Finding[] = [{ what: 'Liferay Home', value: home, from: { file: first.from, line: 0 } }];
  const { server } = found;
  if (server !== undefined) {
    const from = { file: server.path, line: 0 };
    findings.push({ what: `application server (${server.kind})`, value: server.path, from });
  } else {
    warnings.push(`no application server was found around ${home}; add its folder as a source of kind path`);
  }
  return { home, process, ...found, findings, warnings };
}

function readAt(
  view: FileView,
  liferayHome: string,
  options: DiscoverOptions,
  process: ProcessView | undefined,
): Pick<Located, 'server' | 'configuration'> {
  const seen = (process && serverOfProcess(process)) ?? serverAroundHome(view, liferayHome);
  const server = seen && withInstances(view, seen);
  const properties = process && systemProperties(process);
  const configuration = readPortalConfiguration(view, {
    liferayHome,
    classPath: server ? classPathFolders(view, server) : [],
    userHome: options.homeOfUser ?? properties?.get('user.home') ?? process?.env['HOME'],
    ...(properties === undefined ? {} : { systemProperties: properties }),
    environment: process?.env ?? {},
  });
  return { server, configuration };
}

/** A process that names its server is the portal itself; others may have only inherited its variables. */
function portalOf(options: DiscoverOptions): ProcessView | undefined {
  const portals = (options.processes ?? []).filter((candidate) => isPortal(candidate, options));
  return portals.find((candidate) => serverOfProcess(candidate) !== undefined) ?? portals[0];
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

function homeOfProcess(process: ProcessView): string | undefined {
  const { env } = process;
  const variable = Object.keys(env).find((name) => decodeEnvironmentKey(name) === 'liferay.home');
  return (
    (variable === undefined ? undefined : env[variable]) ?? systemProperties(process).get('liferay.home')
  );
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

/** Only where properties move it: the usual place is no news. */
function frameworkFinding(configuration: PortalConfiguration, base: string): Finding[] {
  const setting = configuration.get('module.framework.base.dir');
  if (setting === undefined) return [];
  return [{ what: 'module framework', value: base, from: { file: setting.file, line: setting.line } }];
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
  if (source === undefined) {
    // A name that leads nowhere has been told of already.
    return configuration.get('jdbc.default.jndi.name')?.value
      ? []
      : ['no database is configured: the portal uses its built-in one, which Lifeboat keeps only as files'];
  }
  const { value } = source.url;
  return value.includes('${') || parseJdbcUrl(value) !== undefined
    ? []
    : [`Lifeboat does not dump the kind of database in ${withoutSecrets(value)}`];
}
