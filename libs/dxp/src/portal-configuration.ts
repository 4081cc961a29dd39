import type { FileView } from './file-view.ts';
import { decodeEnvironmentKey } from './environment.ts';
import { isAbsolutePath, joinPath, resolvePath } from './paths.ts';
import { parseProperties, propertyProblems, type Property } from './properties.ts';

/** A value and where it was set: a file with its line, or `environment` with the variable's name. */
export interface Setting {
  readonly value: string;
  readonly file: string;
  readonly line: number;
}

export interface PortalConfiguration {
  /** The value in force, `${…}` resolved; undefined when only the portal's built-in default applies. */
  get(key: string): Setting | undefined;
  keys(): string[];
  /** Files that were there, in the order in which they were read. */
  readonly files: readonly string[];
  readonly warnings: readonly string[];
}

export interface PortalConfigurationSources {
  readonly liferayHome: string;
  /** `WEB-INF/classes` of the ROOT application, if it is unpacked. */
  readonly classPath?: readonly string[];
  /** Home directory of the portal's operating system user. */
  readonly userHome?: string | undefined;
  /** Of the portal's process; `external-properties` names further files, separated by commas. */
  readonly systemProperties?: ReadonlyMap<string, string>;
  readonly environment?: Readonly<Record<string, string>>;
}

const FILES = ['portal-bundle.properties', 'portal-ext.properties', 'portal-setup-wizard.properties'];
const INCLUDE = 'include-and-override';
const MAX_INCLUDES = 100;
/** `-Dportal:KEY=value` wins over everything. */
const PORTAL_PROPERTY = 'portal:';

/**
 * Reads the portal's properties in the portal's own order (DXP facts §1.4, ADR 0009, ADR 0029); what is read later
 * wins. A file named by `include-and-override` wins over the file that names it, not over the standard files that
 * come after that one: the portal adds it right there. Then come files that the environment includes, variables of
 * the environment, and system properties that are meant for the portal.
 */
export function readPortalConfiguration(
  view: Pick<FileView, 'read' | 'exists'>,
  sources: PortalConfigurationSources,
): PortalConfiguration {
  const reader = new ConfigurationReader(view, sources);
  const external = namesIn(sources.systemProperties?.get('external-properties'));
  for (const name of [...FILES, ...external]) reader.readStandard(name);
  reader.readEnvironment();
  reader.readSystemProperties();
  return reader;
}

class ConfigurationReader implements PortalConfiguration {
  readonly files: string[] = [];
  readonly warnings: string[] = [];
  private readonly settings = new Map<string, Setting>();
  private readonly view: Pick<FileView, 'read' | 'exists'>;
  private readonly sources: PortalConfigurationSources;
  private includes = 0;

  constructor(view: Pick<FileView, 'read' | 'exists'>, sources: PortalConfigurationSources) {
    this.view = view;
    this.sources = sources;
  }

  get(key: string): Setting | undefined {
    const setting = this.settings.get(key);
    return setting && { ...setting, value: this.interpolate(setting.value, [key]) };
  }

  keys(): string[] {
    return [...this.settings.keys()];
  }

  readStandard(name: string): void {
    for (const path of new Set([this.placeOf(name, this.nearPlaces()), this.homePlace(name)]))
      if (path !== undefined) this.readFile(path, []);
  }

  readEnvironment(): void {
    const settings = Object.entries(this.sources.environment ?? {}).map(([variable, value]) => ({
      key: decodeEnvironmentKey(variable),
      setting: { value, file: `environment ${variable}`, line: 0 },
    }));
    for (const { setting } of settings.filter(({ key }) => key === INCLUDE))
      for (const name of namesIn(setting.value)) this.readInclude(name, [setting.file]);
    for (const { key, setting } of settings)
      if (key !== undefined && key !== INCLUDE) this.settings.set(key, setting);
  }

  readSystemProperties(): void {
    for (const [name, value] of this.sources.systemProperties ?? [])
      if (name.startsWith(PORTAL_PROPERTY))
        this.settings.set(name.slice(PORTAL_PROPERTY.length), {
          value,
          file: `system property ${name}`,
          line: 0,
        });
  }

  /** Where the portal looks for a file that is named without its folder: it takes the first. */
  private nearPlaces(): string[] {
    const { classPath = [], userHome } = this.sources;
    return [...classPath, ...(userHome === undefined ? [] : [userHome])];
  }

  private homePlace(name: string): string {
    return resolvePath(this.sources.liferayHome, name);
  }

  private placeOf(name: string, folders: readonly string[]): string | undefined {
    const places = folders.map((folder) => resolvePath(folder, name));
    return places.find((place) => this.view.exists(place));
  }

  private readFile(path: string, includedBy: readonly string[]): void {
    const text = this.view.read(path);
    if (text === undefined) {
      const includer = includedBy.at(-1);
      if (this.view.exists(path))
        this.warnings.push(
          `${path} is there but cannot be read: let the agent's account read it (8 MiB at most), then ask again`,
        );
      else if (includer !== undefined) this.warnings.push(`${includer} includes ${path}, which is not there`);
      return;
    }
    this.files.push(path);
    this.warnings.push(...propertyProblems(path, text));
    const properties = parseProperties(text);
    for (const { key, value, line } of properties) {
      if (key !== INCLUDE) this.settings.set(key, { value, file: path, line });
    }
    for (const include of includesOf(properties)) this.readInclude(include, [...includedBy, path]);
  }

  private readInclude(name: string, includedBy: readonly string[]): void {
    const wanted = this.interpolate(name.replace(/^file:\/*/, '/'), []);
    const home = this.homePlace(wanted);
    const path = isAbsolutePath(wanted) ? home : (this.placeOf(wanted, this.nearPlaces()) ?? home);
    if (includedBy.includes(path)) return;
    if (++this.includes > MAX_INCLUDES) {
      this.warnings.push(`more than ${MAX_INCLUDES} included files: ${path} was left out`);
      return;
    }
    this.readFile(path, includedBy);
  }

  /**
   * `${key}` stands for another setting, `${liferay.home}` for Home, `${env:NAME}` for a variable, `${sys:name}` for a
   * system property; an unknown name stays as it is written.
   */
  private interpolate(text: string, within: readonly string[]): string {
    return text.replace(/\$\{([^${}]+)\}/g, (whole, key: string) => {
      const setting = this.settings.get(key);
      if (setting !== undefined && !within.includes(key))
        return this.interpolate(setting.value, [...within, key]);
      const { liferayHome, environment = {}, systemProperties } = this.sources;
      if (key === 'liferay.home') return joinPath(liferayHome);
      if (key.startsWith('env:')) return environment[key.slice(4)] ?? whole;
      return (key.startsWith('sys:') ? systemProperties?.get(key.slice(4)) : undefined) ?? whole;
    });
  }
}

function includesOf(properties: readonly Property[]): string[] {
  return properties.filter(({ key }) => key === INCLUDE).flatMap(({ value }) => namesIn(value));
}

function namesIn(list: string | undefined): string[] {
  return (list ?? '')
    .split(',')
    .map((name) => name.trim())
    .filter((name) => name !== '');
}
