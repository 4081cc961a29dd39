/** What a JDBC URL says, never its password (`user` stays: it is no secret). */
export interface JdbcTarget {
  readonly kind: 'postgresql' | 'mysql' | 'mariadb';
  readonly host: string;
  readonly port: number;
  readonly database: string;
  readonly user: string | undefined;
}

const PORTS = { postgresql: 5432, mysql: 3306, mariadb: 3306 } as const;

/**
 * Reads `jdbc:postgresql:`, `jdbc:mysql:` and `jdbc:mariadb:` URLs. Of several hosts the first is taken; the forms
 * `jdbc:postgresql:name`, `jdbc:postgresql:/name` mean localhost. Undefined for every other URL.
 */
export function parseJdbcUrl(url: string): JdbcTarget | undefined {
  const parts = /^jdbc:(postgresql|mysql|mariadb):([a-z]+:)?(.*)$/is.exec(url.trim());
  if (!parts) return undefined;
  const kind = parts[1]!.toLowerCase() as JdbcTarget['kind'];
  const [location = '', query = ''] = splitOnce(parts[3]!, '?');
  const placed = placeOf(location);
  if (placed.database.includes('/')) return undefined;
  const [credentials, hosts] = splitCredentials(placed.authority);
  const { host, port } = firstHost(hosts, PORTS[kind]);
  const user = credentials ?? parameter(query, 'user');
  const database = decode(placed.database) || (kind === 'postgresql' ? (user ?? '') : '');
  return { kind, host, port, database, user };
}

/** The URL as it may be shown: parameters that carry secrets, and credentials before the host, are taken out. */
export function withoutSecrets(url: string): string {
  const [location = '', query] = splitOnce(url, '?');
  const shown = location.replace(/\/\/[^/]*@/, '//');
  if (query === undefined) return shown;
  const kept = query.split('&').filter((pair) => {
    const [name = '', value] = splitOnce(pair, '=');
    return value === undefined || !/password|secret|key|token/i.test(name);
  });
  return kept.length === 0 ? shown : `${shown}?${kept.join('&')}`;
}

/** The password, when the URL carries one. */
export function passwordInUrl(url: string): string | undefined {
  const [location = '', query = ''] = splitOnce(url, '?');
  const inline = /\/\/[^/@:]*:([^/@]*)@/.exec(location);
  return inline ? decode(inline[1]!) : parameter(query, 'password');
}

/** `//AUTHORITY/DATABASE`, `/DATABASE` or `DATABASE`. */
function placeOf(location: string): { authority: string; database: string } {
  if (!location.startsWith('//')) return { authority: '', database: location.replace(/^\//, '') };
  const [authority = '', database = ''] = splitOnce(location.slice(2), '/');
  return { authority, database };
}

function splitCredentials(authority: string): [string | undefined, string] {
  const at = authority.lastIndexOf('@');
  return at < 0
    ? [undefined, authority]
    : [decode(authority.slice(0, at).split(':')[0]!), authority.slice(at + 1)];
}

function firstHost(hosts: string, defaultPort: number): { host: string; port: number } {
  const first = beforeOuterComma(hosts);
  const spelled = /\(?address=/i.test(first) ? first : undefined;
  if (spelled !== undefined) {
    const host = /\(host=([^()]*)\)/i.exec(spelled)?.[1] ?? 'localhost';
    return { host, port: Number(/\(port=(\d+)\)/i.exec(spelled)?.[1] ?? defaultPort) };
  }
  const plain = /^(\[[^\]]*\]|[^:]*)(?::(\d+))?$/.exec(first);
  const host = (plain?.[1] ?? '').replace(/^\[(.*)\]$/, '$1');
  return { host: host === '' ? 'localhost' : host, port: Number(plain?.[2] ?? defaultPort) };
}

/** Up to the first comma that stands in no parentheses. */
function beforeOuterComma(hosts: string): string {
  for (let from = 0; ;) {
    const comma = hosts.indexOf(',', from);
    const close = comma < 0 ? -1 : hosts.indexOf(')', comma);
    if (comma < 0) return hosts;
    if (close < 0 || hosts.slice(comma, close).includes('(')) return hosts.slice(0, comma);
    from = close;
  }
}

function parameter(query: string, name: string): string | undefined {
  const pair = query
    .split(/&(?:amp;)?/)
    .find((candidate) => splitOnce(candidate, '=')[0]?.toLowerCase() === name);
  return pair === undefined ? undefined : decode(splitOnce(pair, '=')[1] ?? '');
}

function splitOnce(text: string, separator: string): [string, string | undefined] {
  const at = text.indexOf(separator);
  return at < 0 ? [text, undefined] : [text.slice(0, at), text.slice(at + separator.length)];
}

function decode(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text; // A lone % is legal in what people write; then nothing was encoded.
  }
}
