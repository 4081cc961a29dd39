import type { FileView } from './file-view.ts';
import { decodeEnvironmentKey } from './environment.ts';
import { isAbsolutePath, joinPath, resolvePath } from './paths.ts';
import { parseProperties, type Property } from './properties.ts';

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
  /** Value of the system property `external-properties`: files, separated by commas. */
  readonly externalProperties?: string | undefined;
  readonly environment?: Readonly<Record<string, string>>;
}

const FILES = ['portal-bundle.properties', 'portal-ext.properties', 'portal-setup-wizard.properties'];
const INCLUDE = 'include-and-override';
const MAX_INCLUDES = 100;

/**
 * Reads the portal's properties in the portal's own order (DXP facts §1.4); what is read later wins. A file named
 * by `include-and-override` wins over the file that names it, not over the standard files that come after that
 * one: the portal adds it right there. Environment variables win over everything.
 */
export function readPortalConfiguration(
  view: Pick<FileView, 'read'>,
  sources: PortalConfigurationSources,
): PortalConfiguration {
  const reader = new ConfigurationReader(view, sources);
  const external = (sources.externalProperties ?? '').split(',').map((name) => name.trim());
  for (const name of [...FILES, ...external.filter((name) => name !== '')]) reader.readStandard(name);
  reader.readEnvironment();
  return reader;
}

class ConfigurationReader implements PortalConfiguration {
  readonly files: string[] = [];
  readonly warnings: string[] = [];
  private readonly settings = new Map<string, Setting>();
  private readonly view: Pick<FileView, 'read'>;
  private readonly sources: PortalConfigurationSources;
  private includes = 0;

  constructor(view: Pick<FileView, 'read'>, sources: PortalConfigurationSources) {
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
    for (const path of this.placesOf(name)) this.readFile(path, []);
  }

  readEnvironment(): void {
    for (const [variable, value] of Object.entries(this.sources.environment ?? {})) {
      const key = decodeEnvironmentKey(variable);
      if (key !== undefined) this.settings.set(key, { value, file: `environment ${variable}`, line: 0 });
    }
  }

  /** Where a file of that name may lie, weakest first: class path, the user's home, Liferay Home. */
  private placesOf(name: string): string[] {
    if (isAbsolutePath(name)) return [resolvePath('/', name)];
    const { classPath = [], userHome, liferayHome } = this.sources;
    const folders = [...classPath, ...(userHome === undefined ? [] : [userHome]), liferayHome];
    return [...new Set(folders)].map((folder) => resolvePath(folder, name));
  }

  private readFile(path: string, includedBy: readonly string[]): void {
    const text = this.view.read(path);
    if (text === undefined) {
      if (includedBy.length > 0)
        this.warnings.push(`${includedBy.at(-1)} includes ${path}, which is not there`);
      return;
    }
    this.files.push(path);
    const properties = parseProperties(text);
    for (const { key, value, line } of properties) {
      if (key !== INCLUDE) this.settings.set(key, { value, file: path, line });
    }
    for (const include of includesOf(properties)) this.readInclude(include, [...includedBy, path]);
  }

  private readInclude(name: string, includedBy: readonly string[]): void {
    const places = this.placesOf(this.interpolate(name.replace(/^file:\/*/, '/'), []));
    const path = places.findLast((place) => this.view.read(place) !== undefined) ?? places.at(-1)!;
    if (includedBy.includes(path)) return;
    if (++this.includes > MAX_INCLUDES) {
      this.warnings.push(`more than ${MAX_INCLUDES} included files: ${path} was left out`);
      return;
    }
    this.readFile(path, includedBy);
  }

  /** `${key}` stands for another setting, `${liferay.home}` for Home; an unknown name stays as it is written. */
  private interpolate(text: string, within: readonly string[]): string {
    return text.replace(/\$\{([^${}]+)\}/g, (whole, key: string) => {
      const setting = this.settings.get(key);
      if (setting !== undefined && !within.includes(key))
        return this.interpolate(setting.value, [...within, key]);
      return key === 'liferay.home' ? joinPath(this.sources.liferayHome) : whole;
    });
  }
}

function includesOf(properties: readonly Property[]): string[] {
  return properties
    .filter(({ key }) => key === INCLUDE)
    .flatMap(({ value }) => value.split(','))
    .map((name) => name.trim())
    .filter((name) => name !== '');
}
