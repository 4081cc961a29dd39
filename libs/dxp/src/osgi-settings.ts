import { messageOf } from '@lifeboat/kernel';
import type { FileView } from './file-view.ts';
import { osgiText, parseOsgiConfig } from './osgi-config.ts';
import { joinPath, resolvePath } from './paths.ts';
import type { PortalConfiguration, Setting } from './portal-configuration.ts';
import { parseProperties, propertyProblems } from './properties.ts';

/** Where the portal keeps its modules and their configuration; absolute. */
export interface ModuleFramework {
  readonly base: string;
  readonly configs: string;
  /** Its cache. */
  readonly state: string;
}

/** `osgi` below Home unless the portal's properties move it (DXP facts §1.2). */
export function moduleFramework(configuration: PortalConfiguration, home: string): ModuleFramework {
  const placeOf = (key: string, fallback: string): string =>
    resolvePath(home, configuration.get(key)?.value || fallback);
  const base = placeOf('module.framework.base.dir', 'osgi');
  return {
    base,
    configs: placeOf('module.framework.configs.dir', joinPath(base, 'configs')),
    state: placeOf('module.framework.state.dir', joinPath(base, 'state')),
  };
}

/**
 * A setting of an OSGi component as files and environment give it, strongest first: `configuration.override`, the
 * `.config` file, the older `.cfg` (DXP facts §1.5). What System Settings wrote into the database is not seen here.
 */
export function osgiSetting(
  view: Pick<FileView, 'read'>,
  configuration: PortalConfiguration,
  configs: string,
  pid: string,
  key: string,
): Setting | undefined {
  return (
    overridden(configuration, pid, key) ??
    inConfig(view, joinPath(configs, `${pid}.config`), key) ??
    inCfg(view, joinPath(configs, `${pid}.cfg`), key)
  );
}

/** What is wrong in the configuration files of components: file, line, and what to do. */
export function osgiProblems(view: FileView, configs: string): string[] {
  const names = [...(view.list(configs) ?? [])].sort();
  return names.flatMap((name) => {
    const file = joinPath(configs, name);
    if (name.endsWith('.config')) return configProblems(view, file);
    return name.endsWith('.cfg') ? propertyProblems(file, view.read(file) ?? '') : [];
  });
}

function configProblems(view: FileView, file: string): string[] {
  const text = view.read(file);
  if (text === undefined) return view.exists(file) ? [`${file} is there but cannot be read`] : [];
  try {
    parseOsgiConfig(text);
    return [];
  } catch (error) {
    return [
      `${file} cannot be read: ${messageOf(error)}; the portal does not take it either: mend that line`,
    ];
  }
}

/** The value is typed as in a `.config` file: T"/path" or "/path". One that is not is taken as it is. */
function overridden(configuration: PortalConfiguration, pid: string, key: string): Setting | undefined {
  const setting = configuration.get(`configuration.override.${pid}_${key}`);
  if (setting === undefined) return undefined;
  const typed = entryOf(`value=${setting.value}`, 'value');
  return { ...setting, value: typed?.value ?? setting.value.trim() };
}

function inConfig(view: Pick<FileView, 'read'>, file: string, key: string): Setting | undefined {
  const found = entryOf(view.read(file) ?? '', key);
  return found && { ...found, file };
}

/** Undefined too where the text does not parse: `osgiProblems` tells of that. */
function entryOf(text: string, key: string): { value: string; line: number } | undefined {
  try {
    const entry = parseOsgiConfig(text).findLast((candidate) => candidate.key === key);
    return entry && { value: osgiText(entry.value), line: entry.line };
  } catch {
    return undefined;
  }
}

function inCfg(view: Pick<FileView, 'read'>, file: string, key: string): Setting | undefined {
  const found = parseProperties(view.read(file) ?? '').findLast((candidate) => candidate.key === key);
  return found && { value: found.value, file, line: found.line };
}
