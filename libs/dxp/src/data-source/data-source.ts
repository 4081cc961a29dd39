import type { Setting } from '../portal-configuration.ts';
import { attributeOf, textBelow, type Element, type XmlValue } from '../xml.ts';

/** The settings of the portal's database connection, each with where it was found. Holds a secret: keep it local. */
export interface DataSource {
  readonly url: Setting;
  readonly username: Setting | undefined;
  readonly password: Setting | undefined;
  readonly driver: Setting | undefined;
}

/** A configuration file of an application server, read; names in `${…}` are filled in by `expand`. */
export interface ServerFile {
  readonly file: string;
  readonly expand: (text: string) => string;
}

export function settingOf({ file, expand }: ServerFile, value: XmlValue | undefined): Setting | undefined {
  return value && { value: expand(value.value), file, line: value.line };
}

export function attributeSetting(file: ServerFile, element: Element, name: string): Setting | undefined {
  return settingOf(file, attributeOf(element, name));
}

export function textSetting(file: ServerFile, parent: Element, name: string): Setting | undefined {
  return settingOf(file, textBelow(parent, name));
}

/** Without the context that a name may or may not be written with. */
export function bareJndiName(name: string): string {
  return name.replace(/^java:(?:\/?comp\/env\/|\/)?/, '');
}
