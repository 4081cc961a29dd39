import type { FileView, ProcessView } from './file-view.ts';
import { baseName, joinPath, parentPath, relativePath, resolvePath } from './paths.ts';

export type ApplicationServerKind = 'tomcat' | 'wildfly' | 'jboss-eap' | 'weblogic' | 'websphere';

export interface ApplicationServer {
  readonly kind: ApplicationServerKind;
  /** Root of the tree to keep: CATALINA_BASE, the WildFly folder, the WebLogic domain, the WebSphere profile. */
  readonly path: string;
}

/** The servers' own names for their root among the arguments of the Java process. */
const ROOT_ARGUMENTS: readonly [string, (path: string) => ApplicationServerKind][] = [
  ['-Dcatalina.base=', () => 'tomcat'],
  ['-Dcatalina.home=', () => 'tomcat'],
  ['-Djboss.home.dir=', jbossKind],
  ['-Dweblogic.RootDirectory=', () => 'weblogic'],
  ['-Duser.install.root=', () => 'websphere'],
];

/** The application server a process says it is. */
export function serverOfProcess({ args }: ProcessView): ApplicationServer | undefined {
  for (const [prefix, kindOf] of ROOT_ARGUMENTS) {
    const path = argument(args, prefix);
    if (path !== undefined) return { kind: kindOf(path), path: resolvePath('/', path) };
  }
  return undefined;
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
export function webApplications(view: FileView, { kind, path }: ApplicationServer): string[] {
  switch (kind) {
    case 'tomcat':
      return present(view, [joinPath(path, 'webapps/ROOT')]);
    case 'wildfly':
    case 'jboss-eap':
      return present(view, [joinPath(path, 'standalone/deployments/ROOT.war')]);
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

/** The value after `prefix` of the last argument that has it (Java takes the last of equal -D). */
export function argument(args: readonly string[], prefix: string): string | undefined {
  const found = args.findLast((candidate) => candidate.startsWith(prefix));
  return found?.slice(prefix.length);
}

function isTomcat(view: FileView, path: string): boolean {
  return view.exists(joinPath(path, 'conf/server.xml')) && view.exists(joinPath(path, 'webapps'));
}

function isJboss(view: FileView, path: string): boolean {
  return view.exists(joinPath(path, 'standalone/configuration'));
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

/** Whether `path` lies in the server's own tree. */
export function isInside(server: ApplicationServer, path: string): boolean {
  return relativePath(server.path, path) !== undefined;
}
