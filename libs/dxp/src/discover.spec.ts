import { describe, expect, it } from '@jest/globals';
import { discover, readDatabasePassword, type DiscoverOptions } from './discover.ts';
import type { FileView } from './file-view.ts';
import { captureExcludes, clearedAtRestore, installationTrees } from './node-local-state.ts';

/** Files by absolute path; folders follow from them. `links`: where a path leads that is a symbolic link. */
function machine(
  files: Readonly<Record<string, string>>,
  links: Readonly<Record<string, string>> = {},
): FileView {
  const paths = Object.keys(files);
  const list = (folder: string): string[] | undefined => {
    const names = paths
      .filter((path) => path.startsWith(`${folder}/`))
      .map((path) => path.slice(folder.length + 1).split('/')[0]!);
    return names.length === 0 ? undefined : [...new Set(names)];
  };
  return {
    read: (path) => files[path],
    list,
    exists: (path) => files[path] !== undefined || list(path) !== undefined,
    realPath: (path) => links[path] ?? path,
  };
}

const HOME = '/opt/liferay';
const TOMCAT = `${HOME}/tomcat-9.0.56`;
const CLASSES = `${TOMCAT}/webapps/ROOT/WEB-INF/classes`;
const BUNDLE = {
  [`${HOME}/.liferay-home`]: '',
  [`${HOME}/portal-ext.properties`]: [
    'jdbc.default.driverClassName=org.postgresql.Driver',
    'jdbc.default.url=jdbc:postgresql://db/lportal?password=inurl',
    'jdbc.default.username=liferay',
    'jdbc.default.password=s3cret',
  ].join('\n'),
  [`${TOMCAT}/conf/server.xml`]: '<Server/>',
  [`${TOMCAT}/webapps/ROOT/WEB-INF/web.xml`]: '',
};
const STORE_PID = 'com.liferay.portal.store.file.system.configuration.FileSystemStoreConfiguration';

function find(files: Readonly<Record<string, string>>, options: DiscoverOptions = { liferayHome: HOME }) {
  return discover(machine({ ...BUNDLE, ...files }), options);
}

describe('discover', () => {
  it('describes a Tomcat bundle, with evidence and without a secret', () => {
    const installation = find({});
    expect(installation).toMatchObject({
      liferayHome: HOME,
      applicationServer: { kind: 'tomcat', path: TOMCAT },
      documentStore: { kind: 'file-system', path: `${HOME}/data/document_library` },
      jdbc: { url: 'jdbc:postgresql://db/lportal', username: 'liferay', driver: 'org.postgresql.Driver' },
      passwordRef: { file: `${HOME}/portal-ext.properties`, line: 4 },
      warnings: [],
    });
    expect(installation.findings).toContainEqual({
      what: 'database user',
      value: 'liferay',
      from: { file: `${HOME}/portal-ext.properties`, line: 3 },
    });
    expect(JSON.stringify(installation)).not.toMatch(/s3cret|inurl/);
    expect(readDatabasePassword(machine(BUNDLE), { liferayHome: HOME })).toBe('s3cret');
  });

  it.each([
    [
      'class path under Home',
      { [`${CLASSES}/portal-ext.properties`]: 'jdbc.default.username=classes' },
      'liferay',
    ],
    [
      'portal-bundle under portal-ext',
      { [`${HOME}/portal-bundle.properties`]: 'jdbc.default.username=bundle' },
      'liferay',
    ],
    [
      'setup wizard over portal-ext',
      { [`${HOME}/portal-setup-wizard.properties`]: 'jdbc.default.username=wizard' },
      'wizard',
    ],
    [
      'setup wizard of the class path over portal-ext of Home',
      { [`${CLASSES}/portal-setup-wizard.properties`]: 'jdbc.default.username=wizard' },
      'wizard',
    ],
    [
      'an include over the file that names it, chains too',
      {
        [`${HOME}/portal-ext.properties`]:
          'include-and-override=${liferay.home}/a.properties\njdbc.default.url=jdbc:mysql://db/l\njdbc.default.username=ext',
        [`${HOME}/a.properties`]: 'jdbc.default.username=a\ninclude-and-override=b.properties',
        [`${HOME}/b.properties`]: 'jdbc.default.username=b\ninclude-and-override=a.properties',
      },
      'b',
    ],
    [
      'the setup wizard over an include of portal-ext',
      {
        [`${HOME}/portal-ext.properties`]:
          'include-and-override=a.properties\njdbc.default.url=jdbc:mysql://db/l',
        [`${HOME}/a.properties`]: 'jdbc.default.username=a',
        [`${HOME}/portal-setup-wizard.properties`]: 'jdbc.default.username=wizard',
      },
      'wizard',
    ],
  ])("reads in the portal's order: %s", (_, files, username) => {
    expect(find(files).jdbc?.username).toBe(username);
  });

  it('lets the environment of the portal process win over files, and external properties over the wizard', () => {
    const files = {
      [`${HOME}/portal-setup-wizard.properties`]: 'jdbc.default.username=wizard',
      [`${HOME}/external.properties`]: 'jdbc.default.username=external',
    };
    const args = [`-Dcatalina.base=${TOMCAT}`, '-Dexternal-properties=external.properties'];
    expect(find(files, { processes: [{ args, env: {} }] }).jdbc?.username).toBe('external');
    const env = { LIFERAY_JDBC_PERIOD_DEFAULT_PERIOD_USERNAME: 'environment' };
    const installation = find(files, { processes: [{ args, env }] });
    expect(installation.jdbc?.username).toBe('environment');
    expect(installation.findings).toContainEqual({
      what: 'database user',
      value: 'environment',
      from: { file: 'environment LIFERAY_JDBC_PERIOD_DEFAULT_PERIOD_USERNAME', line: 0 },
    });
  });

  it('takes the process of the named Home when several portals run', () => {
    const env = (user: string) => ({ LIFERAY_JDBC_PERIOD_DEFAULT_PERIOD_USERNAME: user });
    const processes = [
      { args: ['-Dcatalina.base=/other/tomcat-9.0.56'], env: env('other') },
      { args: [`-Dcatalina.base=${TOMCAT}`], env: env('ours') },
    ];
    expect(find({}, { liferayHome: `${HOME}/`, processes }).jdbc?.username).toBe('ours');
  });

  it.each([
    ['rootDir="/mnt/share/dl"', '/mnt/share/dl'],
    ['rootDir="shared/../dl"', `${HOME}/dl`],
    ['rootDir=T"data/dl"', `${HOME}/data/dl`],
    ['other="x"', `${HOME}/data/document_library`],
  ])('resolves the store root of %s', (text, path) => {
    expect(find({ [`${HOME}/osgi/configs/${STORE_PID}.config`]: text }).documentStore).toEqual({
      kind: 'file-system',
      path,
    });
  });

  it('prefers a configuration override for the store root, and follows a moved osgi folder', () => {
    const config = { [`${HOME}/osgi/configs/${STORE_PID}.config`]: 'rootDir="/from-config"' };
    const override = `\nconfiguration.override.${STORE_PID}_rootDir="/from-override"`;
    const ext = BUNDLE[`${HOME}/portal-ext.properties`]!;
    expect(find({ ...config, [`${HOME}/portal-ext.properties`]: ext + override }).documentStore.path).toBe(
      '/from-override',
    );
    const moved = {
      [`${HOME}/portal-ext.properties`]: `${ext}\nmodule.framework.base.dir=/srv/osgi`,
      [`/srv/osgi/configs/${STORE_PID}.config`]: 'rootDir="/moved"',
    };
    expect(find({ ...config, ...moved }).documentStore.path).toBe('/moved');
  });

  it.each([
    ['com.liferay.portal.store.file.system.AdvancedFileSystemStore', 'advanced-file-system'],
    ['com.liferay.portal.store.db.DBStore', 'database'],
    ['com.liferay.portal.store.s3.S3Store', 's3'],
    ['com.liferay.portal.store.gcs.GCSStore', 'gcs'],
    ['com.liferay.portal.store.azure.AzureStore', 'azure'],
    ['com.example.OwnStore', 'other'],
  ])('names the kind of store %s', (implementation, kind) => {
    const store = find({
      [`${HOME}/portal-setup-wizard.properties`]: `dl.store.impl=${implementation}`,
    }).documentStore;
    expect(store).toEqual({ kind, path: undefined });
  });

  it('warns of a configuration file that it cannot read, and goes on', () => {
    const installation = find({ [`${HOME}/osgi/configs/${STORE_PID}.config`]: 'rootDir=oops' });
    expect(installation.warnings).toEqual([
      expect.stringMatching(/FileSystemStoreConfiguration\.config cannot be read.* line 1; .*mend/),
    ]);
    expect(installation.documentStore.path).toBe(`${HOME}/data/document_library`);
  });

  it('obeys a liferay.home that the portal obeys, unless the operator named one', () => {
    const files = {
      [`${HOME}/portal-setup-wizard.properties`]: 'liferay.home=/srv/real-home',
      '/srv/real-home/portal-ext.properties':
        'jdbc.default.url=jdbc:mysql://db/l\njdbc.default.username=real',
    };
    const process = { args: [`-Dcatalina.base=${TOMCAT}`], env: {} };
    const followed = find(files, { processes: [process] });
    expect(followed).toMatchObject({
      liferayHome: '/srv/real-home',
      applicationServer: { path: TOMCAT },
      jdbc: { username: 'real' },
    });
    expect(followed.warnings).toEqual([expect.stringContaining('/srv/real-home')]);
    expect(find(files)).toMatchObject({
      liferayHome: HOME,
      warnings: [expect.stringContaining('/srv/real-home')],
    });
  });

  it("finds Home from the process, in a container, and in the user's home directory", () => {
    expect(find({}, { processes: [{ args: [`-Dcatalina.base=${TOMCAT}`], env: {} }] }).liferayHome).toBe(
      HOME,
    );
    expect(find({}, {}).liferayHome).toBe(HOME);
    const fallback = machine({ '/home/portal/liferay/portal-ext.properties': 'a=b' });
    expect(discover(fallback, { homeOfUser: '/home/portal' }).liferayHome).toBe('/home/portal/liferay');
    expect(() => discover(machine({}), {})).toThrow(expect.objectContaining({ code: 'NOT_FOUND' }));
  });

  it('reads a data source of Tomcat by its JNDI name, and not the commented-out one', () => {
    const installation = find({
      [`${HOME}/portal-ext.properties`]: 'jdbc.default.jndi.name=jdbc/LiferayPool',
      [`${TOMCAT}/conf/Catalina/localhost/ROOT.xml`]: [
        '<Context><!-- <Resource name="jdbc/LiferayPool" url="jdbc:mysql://old/l"/> -->',
        '<Resource name="jdbc/Other" url="jdbc:mysql://other/l"/>',
        '<Resource name="jdbc/LiferayPool" driverClassName="org.mariadb.jdbc.Driver"',
        '  url="jdbc:mariadb://db/lportal?a=b&amp;c=d" username="tom" password="s3&lt;cret"/></Context>',
      ].join('\n'),
    });
    expect(installation.jdbc).toEqual({
      url: 'jdbc:mariadb://db/lportal?a=b&c=d',
      username: 'tom',
      driver: 'org.mariadb.jdbc.Driver',
    });
    expect(installation.passwordRef).toEqual({ file: `${TOMCAT}/conf/Catalina/localhost/ROOT.xml`, line: 4 });
  });

  it('describes WildFly with its data source', () => {
    const server = '/srv/liferay/wildfly-26';
    const view = machine({
      [`${server}/standalone/configuration/standalone.xml`]:
        '<server><datasource jndi-name="java:jboss/datasources/ExampleDS"><connection-url>jdbc:h2:mem</connection-url></datasource>\n' +
        '<datasource jndi-name="java:jboss/datasources/LiferayPool"><connection-url>jdbc:mysql://db/l</connection-url><driver>mysql</driver>' +
        '<security><user-name>wf</user-name><password>pw</password></security></datasource></server>',
      [`${server}/standalone/deployments/ROOT.war/WEB-INF/classes/portal-ext.properties`]:
        'jdbc.default.jndi.name=java:jboss/datasources/LiferayPool',
    });
    const options = { processes: [{ args: [`-Djboss.home.dir=${server}`], env: {} }] };
    expect(discover(view, options)).toMatchObject({
      liferayHome: '/srv/liferay',
      applicationServer: { kind: 'wildfly', path: server },
      jdbc: { url: 'jdbc:mysql://db/l', username: 'wf', driver: 'mysql' },
    });
    expect(readDatabasePassword(view, options)).toBe('pw');
  });

  it('describes WebLogic, whose Home is its domain, and WebSphere, whose Home lies in its profile', () => {
    const domain = machine({
      '/u01/domains/liferay/config/config.xml': '<domain/>',
      '/u01/domains/liferay/config/jdbc/pool-jdbc.xml':
        '<jdbc-data-source><jdbc-driver-params><url>jdbc:mysql://db/l</url><driver-name>d</driver-name><properties><property><name>user</name><value>wl</value></property></properties></jdbc-driver-params><jndi-name>jdbc/LiferayPool</jndi-name></jdbc-data-source>',
      '/u01/domains/liferay/autodeploy/ROOT/WEB-INF/classes/portal-ext.properties':
        'liferay.home=/u01/domains/liferay\njdbc.default.jndi.name=jdbc/LiferayPool',
    });
    expect(discover(domain, { liferayHome: '/u01/domains/liferay' })).toMatchObject({
      applicationServer: { kind: 'weblogic', path: '/u01/domains/liferay' },
      jdbc: { url: 'jdbc:mysql://db/l', username: 'wl' },
    });
    const profile = machine({
      '/IBM/profiles/p/config/cells/c': '',
      '/IBM/profiles/p/liferay/portal-ext.properties': 'jdbc.default.jndi.name=jdbc/X',
    });
    const found = discover(profile, { liferayHome: '/IBM/profiles/p/liferay' });
    expect(found).toMatchObject({
      applicationServer: { kind: 'websphere', path: '/IBM/profiles/p' },
      jdbc: undefined,
    });
    expect(found.warnings).toEqual([expect.stringContaining('jdbc/X')]);
  });

  it('warns of a database that is not dumped and of an include that is not there', () => {
    const { warnings } = find({
      [`${HOME}/portal-ext.properties`]:
        'include-and-override=/nowhere.properties\njdbc.default.url=jdbc:oracle:thin:@db',
    });
    expect(warnings).toEqual([
      expect.stringContaining('/nowhere.properties'),
      expect.stringContaining('jdbc:oracle'),
    ]);
    expect(find({ [`${HOME}/portal-ext.properties`]: '' }).warnings).toEqual([
      expect.stringContaining('built-in'),
    ]);
  });
});

describe('discover, of places and settings beside the usual ones', () => {
  const EXT = `${HOME}/portal-ext.properties`;
  const onTomcat = { args: [`-Dcatalina.base=${TOMCAT}`], env: {} };

  it('reads files that the environment includes behind all others, and obeys system properties above all', () => {
    const files = {
      '/etc/portal.properties': 'jdbc.default.username=included',
      [`${HOME}/portal-setup-wizard.properties`]: 'jdbc.default.username=wizard',
    };
    const env = { LIFERAY_INCLUDE_MINUS_AND_MINUS_OVERRIDE: '/etc/portal.properties' };
    const included = find(files, { processes: [{ ...onTomcat, env }] });
    expect(included.jdbc?.username).toBe('included');
    expect(included.outsidePaths).toEqual([{ path: '/etc/portal.properties', what: 'portal properties' }]);
    const both = { ...env, JAVA_TOOL_OPTIONS: '"-Dportal:jdbc.default.username=a property" -Dx=y' };
    expect(find(files, { processes: [{ ...onTomcat, env: both }] }).jdbc?.username).toBe('a property');
  });

  it("takes the file of the class path before the one of the user's home, as the portal does", () => {
    const atUser = { '/home/p/portal-ext.properties': 'jdbc.default.driverClassName=user\na=b' };
    const process = { ...onTomcat, env: { HOME: '/home/p' } };
    const bare = { [EXT]: 'jdbc.default.url=jdbc:mysql://db/l' };
    expect(find({ ...bare, ...atUser }, { processes: [process] }).jdbc?.driver).toBe('user');
    const classes = { [`${CLASSES}/portal-ext.properties`]: 'a=b' };
    expect(find({ ...bare, ...atUser, ...classes }, { processes: [process] }).jdbc?.driver).toBe('');
  });

  it('believes the process that names its server, not a shell with the same variables', () => {
    const env = (user: string) => ({
      LIFERAY_LIFERAY_PERIOD_HOME: HOME,
      LIFERAY_JDBC_PERIOD_DEFAULT_PERIOD_USERNAME: user,
    });
    const processes = [
      { args: [], env: env('shell') },
      { ...onTomcat, env: env('portal') },
    ];
    expect(find({}, { processes }).jdbc?.username).toBe('portal');
  });

  it('names file, line and remedy of what cannot be read', () => {
    const broken = machine({
      ...BUNDLE,
      [`${HOME}/portal-bundle.properties`]: 'a=b\nc=D:\\users',
      [`${HOME}/osgi/configs/a.config`]: 'ok="1"\nbad=oops',
      [`${HOME}/osgi/configs/b.cfg`]: 'x=\\u12',
    });
    const view = { ...broken, read: (path: string) => (path === EXT ? undefined : broken.read(path)) };
    expect(discover(view, { liferayHome: HOME }).warnings).toEqual([
      expect.stringMatching(/portal-bundle\.properties:2: .*backslash as/),
      expect.stringMatching(/portal-ext\.properties is there but cannot be read/),
      expect.stringMatching(/a\.config cannot be read: .*line 2; .*mend/),
      expect.stringMatching(/b\.cfg:1: /),
      expect.stringContaining('built-in'),
    ]);
  });

  it('reads the store root from an old .cfg file too, with its line', () => {
    const { findings } = find({ [`${HOME}/osgi/configs/${STORE_PID}.cfg`]: '# moved\nrootDir=/srv/dl' });
    expect(findings).toContainEqual({
      what: 'document store',
      value: '/srv/dl',
      from: { file: `${HOME}/osgi/configs/${STORE_PID}.cfg`, line: 2 },
    });
  });

  it('says where a store of objects is, and never its keys', () => {
    const pid = 'com.liferay.portal.store.s3.configuration.S3StoreConfiguration';
    const installation = find({
      [`${HOME}/portal-bundle.properties`]: 'dl.store.impl=com.liferay.portal.store.s3.S3Store',
      [`${HOME}/osgi/configs/${pid}.config`]: 'accessKey="AKIA"\nsecretKey="hush"\nbucketName="library"',
    });
    expect(installation.findings).toContainEqual({
      what: 'document store bucketName',
      value: 'library',
      from: { file: `${HOME}/osgi/configs/${pid}.config`, line: 3 },
    });
    expect(JSON.stringify(installation)).not.toMatch(/AKIA|hush/);
  });

  it.each([
    ['20097/20123/101/1.0', 'AdvancedFileSystemStore', ['file-system']],
    ['20097/20123/34/56/34567.afsh/34567_1.1~u.afsh', 'FileSystemStore', ['advanced-file-system']],
    ['20097/20123/12/1.0', 'FileSystemStore', []],
    ['20097/20123/101/PWC', 'S3Store', ['file-system']],
    ['20097/0/adaptive/x/1.0', 'S3Store', []],
    ['README.txt', 'S3Store', []],
  ])('compares the store on disk, %s, with the kind configured, %s', (path, implementation, others) => {
    const root = `${HOME}/data/document_library`;
    const { warnings } = find({
      [`${HOME}/portal-bundle.properties`]: `dl.store.impl=x.${implementation}\ndl.store.advanced.file.system.root.dir=${root}`,
      [`${root}/${path}`]: '',
    });
    expect(warnings).toEqual(
      others.map((layout) => expect.stringMatching(`bundle\\.properties:1.*layout ${layout}:`)),
    );
  });

  it('tells of a store root that is a symbolic link, and takes the one that the cluster definition names', () => {
    const root = `${HOME}/data/document_library`;
    const linked = discover(machine(BUNDLE, { [root]: '/mnt/nas/dl' }), { liferayHome: HOME });
    expect(linked.findings).toContainEqual({
      what: 'document store behind its symbolic link',
      value: '/mnt/nas/dl',
      from: { file: root, line: 0 },
    });
    const named = find({}, { liferayHome: HOME, documentStorePath: '/srv/store' });
    expect(named.documentStore.path).toBe('/srv/store');
  });

  it('names what the portal needs outside its trees, and the cache of a moved module framework inside', () => {
    const outside = find({
      [`${HOME}/portal-bundle.properties`]:
        'module.framework.base.dir=/srv/osgi\nauto.deploy.deploy.dir=/srv/deploy',
      '/srv/osgi/configs/a.config': '',
      '/srv/deploy/.keep': '',
    });
    expect(outside.outsidePaths.map(({ path }) => path)).toEqual([
      '/srv/osgi',
      '/srv/osgi/configs',
      '/srv/deploy',
    ]);
    const inside = find({
      [`${HOME}/portal-bundle.properties`]: 'module.framework.base.dir=${liferay.home}/fw',
    });
    expect(inside.outsidePaths).toEqual([]);
    expect(clearedAtRestore(inside).map(({ path }) => path)).toContain('fw/state');
  });

  it('follows a link of Tomcat to a global name, fills in what the process knows, and asks for what it does not', () => {
    const files = {
      [EXT]: 'jdbc.default.jndi.name=java:comp/env/jdbc/LiferayPool',
      [`${TOMCAT}/conf/context.xml`]:
        '<Context><ResourceLink name="jdbc/LiferayPool" global="jdbc/All"/></Context>',
      [`${TOMCAT}/conf/server.xml`]:
        '<Server><GlobalNamingResources>\n<Resource name="jdbc/All" url="jdbc:mysql://${db.host}/l" username="${db.user:-me}"/></GlobalNamingResources></Server>',
    };
    const args = [...onTomcat.args, '-Ddb.host=db1'];
    expect(find(files, { processes: [{ args, env: {} }] }).jdbc).toMatchObject({
      url: 'jdbc:mysql://db1/l',
      username: 'me',
    });
    expect(find(files).warnings).toEqual([
      expect.stringMatching(/server\.xml:2: .*db\.host.*database: \{ kind, url/),
    ]);
    const torn = find({ ...files, [`${TOMCAT}/conf/server.xml`]: '<Server>\n<broken' });
    expect(torn.warnings).toEqual([
      expect.stringMatching(/server\.xml cannot be read: not XML/),
      expect.stringMatching(
        /portal-ext\.properties:1 names .*context\.xml.*server\.xml\).*database: \{ kind, url/,
      ),
    ]);
  });

  it('reads the file and folder that a JBoss process names, and secured elements of new servers', () => {
    const server = '/srv/jboss-eap-8';
    const view = machine({
      '/nodes/n1/configuration/own.xml':
        '<d xmlns="urn:jboss:domain:20.0"><datasource jndi-name="java:/jdbc/LiferayPool"><connection-url>${env.DB_URL}</connection-url><security user-name="u" password="p"/></datasource></d>',
      '/srv/portal-ext.properties': 'jdbc.default.jndi.name=java:/jdbc/LiferayPool',
    });
    const args = [`-Djboss.home.dir=${server}`, '-Djboss.server.base.dir=/nodes/n1', '-c', 'own.xml'];
    const found = discover(view, {
      processes: [{ args, env: { DB_URL: 'jdbc:postgresql://db/l' } }],
    });
    expect(found).toMatchObject({
      applicationServer: { kind: 'jboss-eap' },
      jdbc: { url: 'jdbc:postgresql://db/l', username: 'u' },
      passwordRef: { line: 1 },
    });
    expect(found.outsidePaths.map(({ path }) => path)).toEqual(['/nodes/n1']);
  });

  it('reads the URL of a WebSphere data source', () => {
    const view = machine({
      '/IBM/p/config/cells/c/nodes/n/servers/s/resources.xml':
        '<xmi:XMI xmlns:xmi="http://www.omg.org/XMI"><factories jndiName="jdbc/LiferayPool"><propertySet><resourceProperties name="URL" value="jdbc:postgresql://db/l"/></propertySet></factories></xmi:XMI>',
      '/IBM/p/liferay/portal-ext.properties': 'jdbc.default.jndi.name=jdbc/LiferayPool',
    });
    expect(discover(view, { liferayHome: '/IBM/p/liferay' }).jdbc?.url).toBe('jdbc:postgresql://db/l');
  });
});

describe('the search index', () => {
  const CONNECTOR =
    'com.liferay.portal.search.elasticsearch7.configuration.ElasticsearchConfiguration.config';

  it('is the folder of Lucene indexes of 6.2, or the one that lucene.dir names, if it is there', () => {
    const index = { [`${HOME}/data/lucene/10154/segments_2`]: '', '/srv/lucene/0/segments_1': '' };
    expect(find(index).searchIndex).toEqual({ lucenePath: `${HOME}/data/lucene`, engines: [] });
    const named = { [`${HOME}/portal-ext.properties`]: 'lucene.dir=/srv/lucene/' };
    expect(find({ ...index, ...named }).searchIndex.lucenePath).toBe('/srv/lucene');
    const asked = { liferayHome: HOME, searchIndexPath: '../../srv/lucene' };
    expect(find(index, asked).searchIndex.lucenePath).toBe('/srv/lucene');
    expect(find({}).searchIndex.lucenePath).toBeUndefined();
  });

  it('inside Home is never captured with Home, wherever it lies', () => {
    const files = {
      [`${HOME}/portal-ext.properties`]: 'lucene.dir=${liferay.home}/index',
      [`${HOME}/index/0/segments_1`]: '',
    };
    expect(captureExcludes(find(files)).map(({ path }) => path)).toContain('index');
  });

  it('names the engines that no copy of files captures: its own, and one at other hosts', () => {
    const own = { [`${HOME}/data/elasticsearch7/indices/nodes/0/node.lock`]: '' };
    expect(find(own).searchIndex.engines).toMatchObject([{ place: `${HOME}/data/elasticsearch7` }]);
    const configured = (text: string) =>
      find({ [`${HOME}/osgi/configs/${CONNECTOR}`]: text }).searchIndex.engines;
    expect(configured('operationMode="REMOTE"\nnetworkHostAddresses=["http://es:9200"]')).toMatchObject([
      { place: 'http://es:9200', reason: expect.stringContaining('Elasticsearch outside') },
    ]);
    expect(configured('operationMode="EMBEDDED"')).toEqual([]);
    expect(configured('operationMode=')).toEqual([]);
  });
});

describe('captureExcludes', () => {
  it('leaves out caches, and trees inside trees: each byte is captured once', () => {
    const installation = find({});
    const paths = (tree: string) =>
      captureExcludes(installation)
        .filter((path) => path.tree === tree)
        .map(({ path }) => path);
    expect(paths('liferay-home')).toEqual(
      expect.arrayContaining([
        'osgi/state',
        'work',
        'tomcat-9.0.56',
        'data/document_library',
        'data/elasticsearch7',
      ]),
    );
    expect(paths('application-server')).toEqual(['work', 'temp']);
    expect(paths('liferay-home')).not.toEqual(expect.arrayContaining(['logs']));
  });

  it('are all cleared at restore except the trees inside trees', () => {
    const installation = find({});
    const cleared = clearedAtRestore(installation).map(({ path }) => path);
    expect(cleared).toContain('osgi/state');
    expect(cleared).not.toContain('data/document_library');
    expect(cleared).not.toContain('tomcat-9.0.56');
  });

  it('treat a WebLogic domain, which is Home and server at once, as one tree', () => {
    const domain = '/u01/d';
    const installation = discover(
      machine({
        [`${domain}/config/config.xml`]: '',
        [`${domain}/servers/AdminServer/tmp/x`]: '',
        [`${domain}/portal-ext.properties`]: 'a=b',
      }),
      { liferayHome: domain },
    );
    expect(installationTrees(installation).map(({ tree }) => tree)).toEqual([
      'liferay-home',
      'document-store',
    ]);
    const paths = captureExcludes(installation).map(({ tree, path }) => `${tree} ${path}`);
    expect(paths).toContain('liferay-home servers/AdminServer/tmp');
    expect(paths.filter((path) => path.startsWith('application-server'))).toEqual([]);
  });
});
