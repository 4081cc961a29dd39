import type { FileView, ProcessView } from './file-view.ts';
import { systemProperties } from './java-options.ts';
import { baseName, joinPath, parentPath, resolvePath } from './paths.ts';

export type ApplicationServerKind = 'tomcat' | 'wildfly' | 'jboss-eap' | 'weblogic' | 'websphere';

export interface ApplicationServer {
  readonly kind: ApplicationServerKind;
  /** Root of the tree to keep: CATALINA_BASE, the WildFly folder, the WebLogic domain, the WebSphere profile. */
  readonly path: string;
  /** JBoss: folder and file of its configuration, where the process names others than `standalone`'s own. */
  readonly base?: string;
  readonly configurationFile?: string;
  /** WebLogic: folders of the domain's servers, relative to `path`. */
  readonly instances?: readonly string[];
}

/** The servers' own names for their root among the arguments of the Java process. */
const ROOT_PROPERTIES: readonly [string, (path: string) => ApplicationServerKind][] = [
  ['catalina.base', () => 'tomcat'],
  ['catalina.home', () => 'tomcat'],
  ['jboss.home.dir', jbossKind],
  ['weblogic.RootDirectory', () => 'weblogic'],
  ['user.install.root', () => 'websphere'],
];

/** The application server a process says it is. */
export function serverOfProcess(process: ProcessView): ApplicationServer | undefined {
  const properties = systemProperties(process);
  for (const [name, kindOf] of ROOT_PROPERTIES) {
    const root = properties.get(name);
    if (root === undefined) continue;
    const server = { kind: kindOf(root), path: resolvePath('/', root) };
    return isJbossKind(server.kind) ? { ...server, ...jbossPlaces(process.args, properties) } : server;
  }
  return undefined;
}

function jbossPlaces(
  args: readonly string[],
  properties: ReadonlyMap<string, string>,
): Pick<ApplicationServer, 'base' | 'configurationFile'> {
  const base = properties.get('jboss.server.base.dir');
  const short = args.findLastIndex((argument) => argument === '-c' || argument === '--server-config');
  const file =
    args.findLast((argument) => /^(?:-c|--server-config)=/.test(argument))?.replace(/^[^=]*=/, '') ??
    (short < 0 ? undefined : args[short + 1]);
  return {
    ...(base === undefined ? {} : { base: resolvePath('/', base) }),
    ...(file === undefined ? {} : { configurationFile: file }),
  };
}

/** Folder of a JBoss server's deployments and configuration. */
export function jbossBase({ path, base }: ApplicationServer): string {
  return base ?? joinPath(path, 'standalone');
}

/** The same with what its folders tell. */
export function withInstances(view: FileView, server: ApplicationServer): ApplicationServer {
  if (server.kind !== 'weblogic') return server;
  const instances = (view.list(joinPath(server.path, 'servers')) ?? []).map((name) => `servers/${name}`);
  return { ...server, instances: instances.sort() };
}

/** The application server found around a Liferay Home by its layout (DXP facts §1.1). */
export function serverAroundHome(view: FileView, home: string): ApplicationServer | undefined {
  for (const name of view.list(home) ?? []) {
    const path = joinPath(home, name);
    if (isTomcat(view, path)) return { kind: 'tomcat', path };
    if (isJboss(view, path)) return { kind: jbossKind(path), path };
  }
  if (view.exists(joinPath(home, 'config/config.xml'))) return { kind: 'weblogic', path: home };
  const profile = parentPath(home);
  if (view.exists(joinPath(profile, 'config/cells'))) return { kind: 'websphere', path: profile };
  return undefined;
}

/** Where the portal's Home lies when nothing else says so (DXP facts §1.1). */
export function homeAroundServer(server: ApplicationServer): string {
  if (server.kind === 'weblogic') return server.path;
  if (server.kind === 'websphere') return joinPath(server.path, 'liferay');
  return parentPath(server.path);
}

/** Folders on the portal's class path that may hold its properties: `WEB-INF/classes` of the ROOT application. */
export function classPathFolders(view: FileView, server: ApplicationServer): string[] {
  return webApplications(view, server).map((path) => joinPath(path, 'WEB-INF/classes'));
}

/** Unpacked ROOT applications. */
export function webApplications(view: FileView, server: ApplicationServer): string[] {
  const { kind, path } = server;
  switch (kind) {
    case 'tomcat':
      return present(view, [joinPath(path, 'webapps/ROOT')]);
    case 'wildfly':
    case 'jboss-eap':
      return present(view, [joinPath(jbossBase(server), 'deployments/ROOT.war')]);
    case 'weblogic':
      return present(view, [joinPath(path, 'autodeploy/ROOT')]);
    case 'websphere':
      return below(view, joinPath(path, 'installedApps'), 2)
        .flatMap((archive) => below(view, archive, 1))
        .filter(
          (candidate) => candidate.endsWith('.war') && view.exists(joinPath(candidate, 'WEB-INF/web.xml')),
        );
  }
}

function isTomcat(view: FileView, path: string): boolean {
  return view.exists(joinPath(path, 'conf/server.xml')) && view.exists(joinPath(path, 'webapps'));
}

function isJboss(view: FileView, path: string): boolean {
  return view.exists(joinPath(path, 'standalone/configuration'));
}

function isJbossKind(kind: ApplicationServerKind): boolean {
  return kind === 'wildfly' || kind === 'jboss-eap';
}

function jbossKind(path: string): ApplicationServerKind {
  return /eap/i.test(baseName(path)) ? 'jboss-eap' : 'wildfly';
}

function present(view: FileView, paths: string[]): string[] {
  return paths.filter((path) => view.exists(path));
}

function below(view: FileView, path: string, levels: number): string[] {
  const children = (view.list(path) ?? []).map((name) => joinPath(path, name));
  return levels === 1 ? children : children.flatMap((child) => below(view, child, levels - 1));
}
