import { seededBytes } from '@lifeboat/testkit';
import type { DatabaseSettings } from './database.ts';
import { STORE_CLASSES, type StoreKind } from './stores/open-store.ts';

export const TOMCAT = 'tomcat-9.0.56';

export interface HomeFile {
  readonly path: string;
  readonly content: string | Buffer;
  readonly mode?: number;
}

export interface HomeSettings {
  readonly seed: number;
  /** 1, 2, 3… */
  readonly number: number;
  readonly name: string;
  readonly home: string;
  readonly port: number;
  readonly database: DatabaseSettings;
  /** Written into the store's configuration; left out where the default holds. */
  readonly storeRoot: string | undefined;
  readonly storeKind?: StoreKind;
}

/** The files of a node's Home in the form of the Tomcat bundle: nodes differ in a few lines only, as in reality. */
export function homeFiles(settings: HomeSettings): HomeFile[] {
  return [
    ...configuration(settings),
    ...tomcatConfiguration(settings),
    ...programs(settings.seed),
    ...caches(settings),
  ];
}

function configuration({
  number,
  name,
  home,
  database,
  storeKind = 'file-system',
  storeRoot,
}: HomeSettings): HomeFile[] {
  const scheme = database.kind;
  const driver = scheme === 'postgresql' ? 'org.postgresql.Driver' : 'org.mariadb.jdbc.Driver';
  const files: HomeFile[] = [
    { path: '.liferay-home', content: '' },
    { path: '.githash', content: '3339d27c0f0e5d1a7a4c5cf0a3d1c0f4a1b2c3d4\n' },
    {
      path: 'portal-ext.properties',
      mode: 0o600,
      content: [
        '# Settings of this portal',
        `jdbc.default.driverClassName=${driver}`,
        `jdbc.default.url=jdbc:${scheme}://${database.host}:${database.port}/${database.database}?useUnicode=true`,
        `jdbc.default.username=${database.user}`,
        `jdbc.default.password=${escapeProperty(database.password)}`,
        `dl.store.impl=${STORE_CLASSES[storeKind]}`,
        'include-and-override=${liferay.home}/portal-cluster.properties',
        '',
      ].join('\n'),
    },
    {
      path: 'portal-cluster.properties',
      content: [
        'cluster.link.enabled=true',
        'cluster.link.autodetect.address=127.0.0.1:5432',
        `cluster.link.channel.logic.name.control=control-channel-${name}`,
        `cluster.link.channel.logic.name.transport.0=transport-channel-${name}`,
        'web.server.display.node=true',
        '',
      ].join('\n'),
    },
    {
      path: 'portal-setup-wizard.properties',
      content: `admin.email.from.address=test@liferay.com\nadmin.email.from.name=Test Test\ncompany.default.locale=en_US\ncompany.default.web.id=liferay.com\nliferay.home=${home}\nsetup.wizard.enabled=false\n`,
    },
    {
      path: 'license/activation-key.xml',
      content: `<license><owner>Simulated</owner><node>${name}</node></license>\n`,
    },
    { path: 'data/license/key.li', content: seededBytes(`license/${number}`, 512) },
    {
      path: `logs/liferay.2026-01-0${number}.log`,
      content: `2026-01-0${number} 00:00:00.000 INFO [main][StartupAction] Starting ${name}\n`,
    },
    {
      path: 'osgi/configs/com.liferay.portal.search.elasticsearch7.configuration.ElasticsearchConfiguration.config',
      content: 'indexNamePrefix="liferay-"\nproductionModeEnabled=B"false"\n',
    },
    {
      path: 'osgi/configs/com.liferay.portal.security.ldap.configuration.LDAPServerConfiguration~main.config',
      content:
        'companyId=L"20097"\nbaseProviderURL="ldap://directory.example:389"\nuserMappings=[ \\\n  "screenName\\=cn", \\\n  "emailAddress\\=mail", \\\n  ]\n',
    },
    { path: 'deploy/.gitkeep', content: '' },
  ];
  if (storeRoot !== undefined) {
    const store = STORE_CLASSES[storeKind].split('.').at(-1)!;
    files.push({
      path: `osgi/configs/com.liferay.portal.store.file.system.configuration.${store}Configuration.config`,
      content: `rootDir="${storeRoot.replace(/(["\\=])/g, '\\$1')}"\n`,
    });
  }
  return files;
}

function tomcatConfiguration({ name, port }: HomeSettings): HomeFile[] {
  const at = (path: string): string => `${TOMCAT}/${path}`;
  return [
    {
      path: at('bin/setenv.sh'),
      mode: 0o755,
      content: `CATALINA_OPTS="$CATALINA_OPTS -Dfile.encoding=UTF-8 -Duser.timezone=GMT -Xms2560m -Xmx2560m -DjvmRoute=${name}"\n`,
    },
    {
      path: at('bin/catalina.sh'),
      mode: 0o755,
      content:
        '#!/bin/sh\nexec "$JAVA_HOME/bin/java" $CATALINA_OPTS org.apache.catalina.startup.Bootstrap "$@"\n',
    },
    {
      path: at('conf/server.xml'),
      content: `<Server port="-1"><Service name="Catalina"><Connector port="${port}" protocol="HTTP/1.1" URIEncoding="UTF-8"/><Engine name="Catalina" defaultHost="localhost" jvmRoute="${name}"/></Service></Server>\n`,
    },
    {
      path: at('conf/catalina.properties'),
      content: 'common.loader="${catalina.home}/lib","${catalina.home}/lib/ext"\n',
    },
    { path: at('conf/context.xml'), content: '<Context/>\n' },
    { path: at('conf/web.xml'), content: '<web-app/>\n' },
    { path: at('conf/Catalina/localhost/ROOT.xml'), content: '<Context crossContext="true" path=""/>\n' },
    {
      path: at('webapps/ROOT/WEB-INF/web.xml'),
      content: '<web-app version="3.0"><!-- customised --></web-app>\n',
    },
    { path: at('webapps/ROOT/WEB-INF/classes/log4j2.properties'), content: 'rootLogger.level=INFO\n' },
    { path: at('logs/catalina.out'), content: `INFO Server startup of ${name}\n` },
  ];
}

/** Files that are the same on every node: product and deployed code, about 3 MiB. */
function programs(seed: number): HomeFile[] {
  return [
    ...binaries(seed, 12, `${TOMCAT}/webapps/ROOT/WEB-INF/lib/portal-part-%.jar`, 96_000),
    ...binaries(seed, 4, `${TOMCAT}/webapps/ROOT/WEB-INF/shielded-container-lib/driver-%.jar`, 60_000),
    ...binaries(seed, 8, `${TOMCAT}/lib/tomcat-%.jar`, 40_000),
    ...binaries(seed, 20, 'osgi/modules/com.example.module.%.jar', 16_000),
    ...binaries(seed, 20, 'osgi/portal/com.liferay.part.%.jar', 24_000),
    ...binaries(seed, 3, 'osgi/marketplace/Example App %.lpkg', 250_000),
    ...binaries(seed, 4, 'osgi/war/example-theme-%.war', 50_000),
    ...binaries(seed, 2, 'patching-tool/patches/patch-%.zip', 30_000),
  ];
}

/** What a running node keeps for itself: never worth a backup, and differing from node to node. */
function caches({ seed, name }: HomeSettings): HomeFile[] {
  const own = `${seed}/${name}`;
  return [
    ...binaries(own, 10, 'osgi/state/org.eclipse.osgi/%/bundleFile', 20_000),
    ...binaries(own, 6, 'work/com.example.module-1.0.%/page_jsp.class', 8_000),
    ...binaries(own, 4, 'elasticsearch-sidecar/7.17.9/lib/part-%.jar', 60_000),
    ...binaries(
      own,
      6,
      'data/elasticsearch7/indices/nodes/0/indices/aBcDeFgHiJkLmNoPqRsTuV/0/index/_%.cfs',
      20_000,
    ),
    ...binaries(own, 6, `${TOMCAT}/work/Catalina/localhost/ROOT/page_%.class`, 6_000),
    ...binaries(own, 4, `${TOMCAT}/temp/liferay/document_preview/%.tmp`, 10_000),
  ];
}

function binaries(seed: number | string, count: number, pattern: string, size: number): HomeFile[] {
  return Array.from({ length: count }, (_, at) => {
    const path = pattern.replace('%', String(at + 1));
    return { path, content: seededBytes(`${seed}/${path}`, size + 37 * at) };
  });
}

function escapeProperty(value: string): string {
  return value.replace(/[\\=:#!]/g, '\\$&').replace(/^ /, '\\ ');
}
