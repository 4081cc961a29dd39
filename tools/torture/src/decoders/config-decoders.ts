import {
  decodeEnvironmentKey,
  discover,
  parseJdbcUrl,
  parseOsgiConfig,
  parseProperties,
  readDatabasePassword,
  withoutSecrets,
  type FileView,
} from '@lifeboat/dxp';
import type { SeededRandom } from '@lifeboat/testkit';
import type { Decoder } from './decoder.ts';

const HOME = '/opt/liferay';
const STORE = `${HOME}/osgi/configs/com.liferay.portal.store.file.system.configuration.FileSystemStoreConfiguration.config`;

/** Files of a node that its people edit: never trusted to be well-formed, and never a reason to hang. */
export const CONFIG_DECODERS: readonly Decoder[] = [
  {
    name: 'properties',
    valid: (random) => Buffer.from(properties(random)),
    decode: (bytes) => void parseProperties(bytes.toString()),
    refusals: [],
  },
  {
    name: 'OSGi configuration',
    valid: (random) => Buffer.from(osgiConfig(random)),
    decode: (bytes) => void parseOsgiConfig(bytes.toString()),
    refusals: ['FORMAT_UNSUPPORTED'],
  },
  {
    name: 'discovery',
    valid: (random) =>
      Buffer.from(properties(random) + SEPARATOR + osgiConfig(random) + SEPARATOR + SERVER_XML),
    decode(bytes) {
      const view = machine(bytes.toString().split(SEPARATOR));
      discover(view, { liferayHome: HOME });
      readDatabasePassword(view, { liferayHome: HOME });
    },
    refusals: ['NOT_FOUND'],
    // The same text stands in two files, and all are read twice.
    allowance: 64 * 1024 * 1024,
  },
  {
    name: 'JDBC URL',
    valid: (random) => Buffer.from(jdbcUrl(random)),
    decode(bytes) {
      parseJdbcUrl(bytes.toString());
      withoutSecrets(bytes.toString());
      decodeEnvironmentKey(`LIFERAY_${bytes.toString()}`);
    },
    refusals: [],
  },
];

const SEPARATOR = '\n----\n';

const SERVER_XML = `<Server><GlobalNamingResources>
<Resource name="jdbc/LiferayPool" auth="Container" type="javax.sql.DataSource" url="jdbc:mysql://db/lportal?a=b&amp;c=d"
 username="liferay" password="a&quot;b" driverClassName="com.mysql.cj.jdbc.Driver"/>
<!-- <Resource name="jdbc/Other"/> --></GlobalNamingResources></Server>
`;

function machine([portalExt = '', osgi = '', server = '']: readonly string[]): FileView {
  const files: Readonly<Record<string, string>> = {
    [`${HOME}/.liferay-home`]: '',
    [`${HOME}/portal-ext.properties`]: portalExt,
    [`${HOME}/more.properties`]: portalExt,
    [STORE]: osgi,
    [`${HOME}/tomcat/conf/server.xml`]: server,
    [`${HOME}/tomcat/conf/Catalina/localhost/ROOT.xml`]: server,
    [`${HOME}/tomcat/webapps/ROOT/WEB-INF/web.xml`]: '',
  };
  const list = (folder: string): string[] | undefined => {
    const below = Object.keys(files).filter((path) => path.startsWith(`${folder}/`));
    if (below.length === 0) return undefined;
    return [...new Set(below.map((path) => path.slice(folder.length + 1).split('/')[0]!))];
  };
  const exists = (path: string): boolean => files[path] !== undefined || list(path) !== undefined;
  return { read: (path) => files[path], list, exists, realPath: (path) => path };
}

function properties(random: SeededRandom): string {
  return [
    '# comment',
    random.pick([`jdbc.default.url=${jdbcUrl(random)}`, 'jdbc.default.jndi.name=jdbc/LiferayPool']),
    'jdbc.default.username : liferay\\',
    '   continued \\u00e4 \\\\',
    `liferay.home=\${resource.repositories.root}`,
    `resource.repositories.root=${random.pick([HOME, '${liferay.home}', '..'])}`,
    'include-and-override=${liferay.home}/more.properties',
    'dl.store.impl=com.liferay.portal.store.file.system.AdvancedFileSystemStore',
  ].join(random.pick(['\n', '\r\n', '\r']));
}

function osgiConfig(random: SeededRandom): string {
  const value = random.pick([
    '"a\\"b"',
    'I"7"',
    'D"4611686018427387904"',
    '[ "a", \\\n "b", ]',
    'L("1", "2")',
  ]);
  return `# comment\nrootDir="${random.pick(['data/document_library', '/srv'])}"\n"odd key"=${value}\nboth = B"true"\n`;
}

function jdbcUrl(random: SeededRandom): string {
  return random.pick([
    'jdbc:postgresql://db/lportal?password=inurl&user=a%40b',
    'jdbc:mysql:loadbalance://(address=(host=a)(port=1)),b:3307/lportal',
    'jdbc:mariadb://user:secret@[::1]:3306/lportal',
    'jdbc:hsqldb:${liferay.home}/data/hypersonic/lportal',
  ]);
}
