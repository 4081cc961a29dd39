import type { FileView } from './file-view.ts';
import type { DxpInstallation, OutsidePath } from './installation.ts';
import { installationTrees } from './node-local-state.ts';
import { jbossBase } from './application-server.ts';
import { relativePath, resolvePath } from './paths.ts';
import type { PortalConfiguration } from './portal-configuration.ts';

/** What the portal needs and its trees do not hold: it has to be named as a source of its own (DXP facts §1.2). */
export function outsidePaths(
  view: FileView,
  installation: Omit<DxpInstallation, 'outsidePaths'>,
  configuration: PortalConfiguration,
  catalinaHome: string | undefined,
): OutsidePath[] {
  const { liferayHome, moduleFramework, applicationServer } = installation;
  const deploy = configuration.get('auto.deploy.deploy.dir');
  const named: OutsidePath[] = [
    { path: moduleFramework.base, what: 'the module framework (module.framework.base.dir)' },
    { path: moduleFramework.configs, what: 'configuration of components (module.framework.configs.dir)' },
    ...configuration.files.map((path) => ({ path, what: 'portal properties' })),
  ];
  if (deploy !== undefined)
    named.push({
      path: resolvePath(liferayHome, deploy.value),
      what: 'what waits to be deployed (auto.deploy.deploy.dir)',
    });
  if (applicationServer?.base !== undefined)
    named.push({
      path: jbossBase(applicationServer),
      what: 'the server’s own folder (jboss.server.base.dir)',
    });
  if (catalinaHome !== undefined)
    named.push({ path: resolvePath('/', catalinaHome), what: 'programs of Tomcat (catalina.home)' });
  const trees = installationTrees(installation);
  const outside = named.filter(
    ({ path }) => view.exists(path) && !trees.some((tree) => relativePath(tree.path, path) !== undefined),
  );
  return outside.filter(({ path }, index) => outside.findIndex((other) => other.path === path) === index);
}
