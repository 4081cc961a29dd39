import type { ApplicationServer } from './application-server.ts';
import type { FileView } from './file-view.ts';
import type { PortalConfiguration, Setting } from './portal-configuration.ts';
import { baseName, joinPath } from './paths.ts';

/** The settings of the portal's database connection, each with where it was found. Holds a secret: keep it local. */
export interface DataSource {
  readonly url: Setting;
  readonly username: Setting | undefined;
  readonly password: Setting | undefined;
  readonly driver: Setting | undefined;
}

/** The portal's own connection settings, else those of the JNDI data source it names (DXP facts §1.1, §1.6). */
export function findDataSource(
  view: FileView,
  configuration: PortalConfiguration,
  server: ApplicationServer | undefined,
): DataSource | undefined {
  const jndiName = configuration.get('jdbc.default.jndi.name')?.value;
  if (jndiName !== undefined && jndiName !== '') return server && findNamedDataSource(view, server, jndiName);
  const url = configuration.get('jdbc.default.url');
  if (url === undefined) return undefined;
  return {
    url,
    username: configuration.get('jdbc.default.username'),
    password: configuration.get('jdbc.default.password'),
    driver: configuration.get('jdbc.default.driverClassName'),
  };
}

function findNamedDataSource(
  view: FileView,
  { kind, path }: ApplicationServer,
  name: string,
): DataSource | undefined {
  switch (kind) {
    case 'tomcat':
      return firstOf(
        ['conf/Catalina/localhost/ROOT.xml', 'conf/context.xml', 'conf/server.xml'].map((file) =>
          joinPath(path, file),
        ),
        (file) => tomcatResource(view, file, name),
      );
    case 'wildfly':
    case 'jboss-eap':
      return firstOf(
        ['standalone.xml', 'standalone-ha.xml', 'standalone-full.xml', 'standalone-full-ha.xml'].map((file) =>
          joinPath(path, 'standalone/configuration', file),
        ),
        (file) => jbossDataSource(view, file, name),
      );
    case 'weblogic':
      return firstOf(
        (view.list(joinPath(path, 'config/jdbc')) ?? []).map((file) => joinPath(path, 'config/jdbc', file)),
        (file) => weblogicDataSource(view, file, name),
      );
    case 'websphere':
      return undefined; // Its resources.xml spreads one data source over several elements and encodes the password.
  }
}

function tomcatResource(view: FileView, file: string, name: string): DataSource | undefined {
  const text = readXml(view, file);
  for (const element of text.matchAll(/<Resource\b[^>]*>/g)) {
    const attribute = (key: string): Setting | undefined => {
      const found = new RegExp(`\\b${key}\\s*=\\s*(?:"([^"]*)"|'([^']*)')`).exec(element[0]);
      return found ? setting(file, text, element.index + found.index, found[1] ?? found[2]!) : undefined;
    };
    const url = attribute('url');
    if (attribute('name')?.value === name && url !== undefined) {
      const [username, password, driver] = [
        attribute('username'),
        attribute('password'),
        attribute('driverClassName'),
      ];
      return { url, username, password, driver };
    }
  }
  return undefined;
}

function jbossDataSource(view: FileView, file: string, name: string): DataSource | undefined {
  const text = readXml(view, file);
  for (const element of text.matchAll(/<datasource\b([^>]*)>.*?<\/datasource>/gs)) {
    const jndiName = /\bjndi-name\s*=\s*"([^"]*)"/.exec(element[1]!)?.[1] ?? '';
    if (baseName(jndiName) === baseName(name))
      return fromElements(file, text, element, ['connection-url', 'user-name', 'password', 'driver']);
  }
  return undefined;
}

function weblogicDataSource(view: FileView, file: string, name: string): DataSource | undefined {
  const text = readXml(view, file);
  const whole = /^.*$/s.exec(text)!;
  const source = fromElements(file, text, whole, ['url', 'value', 'password-encrypted', 'driver-name']);
  // The password is encrypted with the domain's key, so it is not one that can be read here.
  return text.includes(`<jndi-name>${name}</jndi-name>`) && source
    ? { ...source, password: undefined }
    : undefined;
}

function fromElements(
  file: string,
  text: string,
  within: RegExpExecArray,
  names: [string, string, string, string],
): DataSource | undefined {
  const [url, username, password, driver] = names.map((name) => {
    const found = new RegExp(`<${name}>([^<]*)</${name}>`).exec(within[0]);
    return found ? setting(file, text, within.index + found.index, found[1]!.trim()) : undefined;
  });
  return url && { url, username, password, driver };
}

function setting(file: string, text: string, offset: number, raw: string): Setting {
  return { value: decodeEntities(raw), file, line: text.slice(0, offset).split('\n').length };
}

/** Comments are blanked, keeping lines, so that a commented-out example is never taken for a setting. */
function readXml(view: FileView, file: string): string {
  return (view.read(file) ?? '').replace(/<!--.*?-->/gs, (comment) => comment.replace(/[^\n]/g, ' '));
}

const ENTITIES: Readonly<Record<string, string>> = { amp: '&', lt: '<', gt: '>', quot: '"', apos: "'" };

function decodeEntities(text: string): string {
  return text.replace(
    /&(?:#(\d+)|#x([0-9a-f]+)|(\w+));/gi,
    (whole, decimal?: string, hex?: string, name?: string) => {
      if (name !== undefined) return ENTITIES[name] ?? whole;
      const point = decimal === undefined ? Number.parseInt(hex!, 16) : Number(decimal);
      return point <= 0x10_ff_ff ? String.fromCodePoint(point) : whole;
    },
  );
}

function firstOf<T, R>(items: readonly T[], find: (item: T) => R | undefined): R | undefined {
  for (const item of items) {
    const found = find(item);
    if (found !== undefined) return found;
  }
  return undefined;
}
