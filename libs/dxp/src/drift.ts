import { osgiText, parseOsgiConfig } from './osgi-config.ts';
import { parseProperties } from './properties.ts';

/** What of a node's files has to be the same on every node (DXP facts §6.2), by what an operator would call it. */
export type DriftGroup =
  'portal properties' | 'component configuration' | 'modules' | 'patch level' | 'web.xml';

const PORTAL = String.raw`(?:webapps/ROOT|deployments/ROOT\.war|autodeploy/ROOT|installedApps/.+\.war)`;
const GROUPS: readonly (readonly [DriftGroup, RegExp])[] = [
  ['portal properties', /^portal-[^/]*\.properties$/],
  ['portal properties', new RegExp(`^(?:.*/)?${PORTAL}/WEB-INF/classes/portal-[^/]*\\.properties$`)],
  ['component configuration', /^osgi\/configs\/[^/]+\.(?:config|cfg)$/],
  ['modules', /^osgi\/(?:modules|war|marketplace)\/./],
  ['patch level', /^osgi\/(?:core|portal|static)\/./],
  ['patch level', /^patching-tool\/patches\/./],
  ['patch level', new RegExp(`^(?:.*/)?${PORTAL}/WEB-INF/(?:lib|shielded-container-lib)/.`)],
  ['web.xml', new RegExp(`^(?:.*/)?${PORTAL}/WEB-INF/web\\.xml$`)],
];

/** `path`: relative to Home or to the application server. Undefined for what may differ. */
export function driftGroupOf(path: string): DriftGroup | undefined {
  return GROUPS.find(([, pattern]) => pattern.test(path))?.[0];
}

/** Keys whose values are a node's own (DXP facts §6.2). */
const OF_A_NODE =
  /^(?:liferay\.home$|cluster\.link\.(?:autodetect\.address$|bind\.addr|channel\.logic\.name\.)|web\.server\.|portal\.instance\.)/;

/**
 * Keys that two texts of configuration give other values, but for those that are a node's own; undefined where a text
 * does not parse. Values are not told: they may be secrets.
 */
export function differingKeys(path: string, before: string, after: string): string[] | undefined {
  try {
    const [old, young] = [valuesOf(path, before), valuesOf(path, after)];
    const keys = [...new Set([...old.keys(), ...young.keys()])];
    return keys.filter((key) => old.get(key) !== young.get(key) && !OF_A_NODE.test(key)).sort();
  } catch {
    return undefined;
  }
}

function valuesOf(path: string, text: string): Map<string, string> {
  if (path.endsWith('.config'))
    return new Map(parseOsgiConfig(text).map(({ key, value }) => [key, osgiText(value)]));
  const values = new Map<string, string>();
  // A key that is repeated counts with all its values: the portal joins them.
  for (const { key, value } of parseProperties(text))
    values.set(key, values.has(key) ? `${values.get(key)},${value}` : value);
  return values;
}

/** One file in which a node is not like another. */
export interface DriftFile {
  readonly path: string;
  /** Who has it alone; `both`: they have it with different content. */
  readonly on: 'first' | 'other' | 'both';
  /** Of configuration that both have, what differs. */
  readonly keys?: readonly string[] | undefined;
}

const MOST_NAMED = 5;

/** What an operator has to know of how `other` differs from `first`; nothing when they are alike. */
export function describeDrift(first: string, other: string, files: readonly DriftFile[]): string[] {
  const groups = Map.groupBy(files, ({ path }) => driftGroupOf(path));
  return [...groups].flatMap(([group, members]) => {
    if (group === undefined) return [];
    const parts = (['both', 'first', 'other'] as const).flatMap((on) => {
      const those = members.filter((member) => member.on === on);
      if (those.length === 0) return [];
      const what = on === 'both' ? 'differ' : `only on ${on === 'first' ? first : other}`;
      return [`${what}: ${named(those.map(nameOf))}`];
    });
    return [`${first} and ${other} should have the same ${group}: ${parts.join('; ')}`];
  });
}

function nameOf({ path, keys }: DriftFile): string {
  return keys === undefined ? path : `${path} (${named(keys)})`;
}

function named(names: readonly string[]): string {
  const more = names.length - MOST_NAMED;
  return more > 0 ? `${names.slice(0, MOST_NAMED).join(', ')} and ${more} more` : names.join(', ');
}
