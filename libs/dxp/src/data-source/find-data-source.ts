import { messageOf } from '@lifeboat/kernel';
import type { Document } from '@xmldom/xmldom';
import { jbossBase, webApplications, type ApplicationServer } from '../application-server.ts';
import type { FileView, ProcessView } from '../file-view.ts';
import { systemProperties } from '../java-options.ts';
import { passwordInUrl } from '../jdbc-url.ts';
import { joinPath } from '../paths.ts';
import type { PortalConfiguration } from '../portal-configuration.ts';
import { parseProperties } from '../properties.ts';
import { parseXml } from '../xml.ts';
import type { DataSource, ServerFile } from './data-source.ts';
import { jbossDataSource } from './jboss.ts';
import { tomcatDataSource } from './tomcat.ts';
import { weblogicDataSource } from './weblogic.ts';
import { websphereDataSource } from './websphere.ts';

export interface FoundDataSource {
  readonly source: DataSource | undefined;
  readonly warnings: readonly string[];
}

const ASK_FOR_URL = 'name the database in cluster.yaml (database: { kind, url, … })';

/** The portal's own connection settings, else those of the JNDI data source it names (DXP facts §1.1, §1.6). */
export function findDataSource(
  view: FileView,
  configuration: PortalConfiguration,
  server: ApplicationServer | undefined,
  process: ProcessView | undefined,
): FoundDataSource {
  const jndi = configuration.get('jdbc.default.jndi.name');
  if (jndi !== undefined && jndi.value !== '') {
    const files = server === undefined ? [] : serverFiles(view, server, process);
    const warnings = files.flatMap(({ problem }) => problem ?? []);
    const source = server && namedDataSource(server, files, jndi.value);
    if (source !== undefined) return { source, warnings: [...warnings, ...unfilled(source)] };
    const places =
      files.length === 0
        ? 'no file of the application server'
        : files.map(({ file }) => file.file).join(', ');
    const from = jndi.line > 0 ? `${jndi.file}:${jndi.line}` : jndi.file;
    return {
      source,
      warnings: [
        ...warnings,
        `${from} names the data source ${jndi.value}, which was not found (looked into ${places}): ${ASK_FOR_URL}`,
      ],
    };
  }
  const url = configuration.get('jdbc.default.url');
  if (url === undefined) return { source: undefined, warnings: [] };
  const source = {
    url,
    username: configuration.get('jdbc.default.username'),
    password: configuration.get('jdbc.default.password'),
    driver: configuration.get('jdbc.default.driverClassName'),
  };
  return { source, warnings: unfilled(source) };
}

/** What a data source's password is, wherever it is written. */
export function passwordOf({ password, url }: DataSource): string | undefined {
  return password?.value ?? passwordInUrl(url.value);
}

function unfilled({ url }: DataSource): string[] {
  const name = /\$\{([^}]*)\}/.exec(url.value)?.[1];
  if (name === undefined) return [];
  return [
    `${url.file}:${url.line}: the database URL takes ${name} from the portal's process, where it was not seen: start the portal, or ${ASK_FOR_URL}`,
  ];
}

type ReadServerFile = { readonly file: ServerFile; readonly document?: Document; readonly problem?: string };

function namedDataSource(
  { kind }: ApplicationServer,
  files: readonly ReadServerFile[],
  name: string,
): DataSource | undefined {
  const read = files.flatMap(({ file, document }) => (document === undefined ? [] : [{ file, document }]));
  if (kind === 'tomcat') return tomcatDataSource(read, name);
  const find = {
    wildfly: jbossDataSource,
    'jboss-eap': jbossDataSource,
    weblogic: weblogicDataSource,
    websphere: websphereDataSource,
  }[kind];
  for (const { file, document } of read) {
    const source = find(document, file, name);
    if (source !== undefined) return source;
  }
  return undefined;
}

/** Files of the server that may hold a data source and are there, strongest first. */
function serverFiles(
  view: FileView,
  server: ApplicationServer,
  process: ProcessView | undefined,
): ReadServerFile[] {
  const expand = expander(view, server, process);
  return candidates(view, server).flatMap((path): ReadServerFile[] => {
    const text = view.read(path);
    if (text === undefined)
      return view.exists(path)
        ? [{ file: { file: path, expand }, problem: `${path} is there but cannot be read` }]
        : [];
    try {
      return [{ file: { file: path, expand }, document: parseXml(text) }];
    } catch (error) {
      return [{ file: { file: path, expand }, problem: `${path} cannot be read: ${messageOf(error)}` }];
    }
  });
}

function candidates(view: FileView, server: ApplicationServer): string[] {
  const { kind, path, configurationFile } = server;
  switch (kind) {
    case 'tomcat':
      return [
        joinPath(path, 'conf/Catalina/localhost/ROOT.xml'),
        ...webApplications(view, server).map((application) => joinPath(application, 'META-INF/context.xml')),
        joinPath(path, 'conf/context.xml'),
        joinPath(path, 'conf/server.xml'),
      ];
    case 'wildfly':
    case 'jboss-eap': {
      const names = ['standalone.xml', 'standalone-ha.xml', 'standalone-full.xml', 'standalone-full-ha.xml'];
      const used = configurationFile === undefined ? names : [configurationFile];
      return used.map((name) => joinPath(jbossBase(server), 'configuration', name));
    }
    case 'weblogic':
      return xmlIn(view, joinPath(path, 'config/jdbc'));
    case 'websphere':
      return resourceFiles(view, joinPath(path, 'config/cells'));
  }
}

function xmlIn(view: FileView, folder: string): string[] {
  const names = (view.list(folder) ?? []).filter((name) => name.endsWith('.xml'));
  return names.sort().map((name) => joinPath(folder, name));
}

/** `resources.xml` of a server, a node, a cluster or the cell: the narrowest first. */
function resourceFiles(view: FileView, cells: string): string[] {
  const below = (folders: readonly string[], name: string): string[] =>
    folders.flatMap((folder) =>
      (view.list(joinPath(folder, name)) ?? []).map((child) => joinPath(folder, name, child)),
    );
  const all = (view.list(cells) ?? []).map((cell) => joinPath(cells, cell));
  const nodes = below(all, 'nodes');
  const scopes = [...below(nodes, 'servers'), ...nodes, ...below(all, 'clusters'), ...all];
  return scopes.map((scope) => joinPath(scope, 'resources.xml')).filter((file) => view.exists(file));
}

/** `${name}`, `${name:default}` and `${env.NAME}` as Tomcat and JBoss fill them in; what is not known stays as it is written. */
function expander(
  view: FileView,
  { kind, path }: ApplicationServer,
  process: ProcessView | undefined,
): (text: string) => string {
  const known = new Map<string, string>();
  if (kind === 'tomcat')
    for (const { key, value } of parseProperties(view.read(joinPath(path, 'conf/catalina.properties')) ?? ''))
      known.set(key, value);
  for (const [name, value] of Object.entries(process?.env ?? {})) known.set(`env.${name}`, value);
  for (const [name, value] of process === undefined ? [] : systemProperties(process)) known.set(name, value);
  return (text) =>
    text.replace(
      /\$\{([^${}:]+)(?::-?([^${}]*))?\}/g,
      (whole, name: string, fallback: string | undefined) => {
        return known.get(name) ?? fallback ?? whole;
      },
    );
}
