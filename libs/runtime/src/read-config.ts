import { readFileSync } from 'node:fs';
import { LifeboatError, messageOf } from '@lifeboat/kernel';
import { parse } from 'yaml';
import type { ConfigField, ConfigSchema } from './config-schema.ts';

export interface ConfigSources {
  /** A YAML file. */
  readonly file?: string | undefined;
  readonly env: NodeJS.ProcessEnv;
  /** Flags by camelCase name; undefined = not given. */
  readonly flags: Readonly<Record<string, unknown>>;
}

interface Found {
  readonly value: unknown;
  /** How the operator knows it: for messages, which never repeat the value (it may be a secret). */
  readonly source: string;
}

/**
 * File, environment and flags, the later the stronger. Throws USAGE naming the source of what will not do, of a
 * missing setting, and of a name in the file that is no setting (a typing error must not pass in silence).
 */
export function readConfig<T>(schema: ConfigSchema<T>, sources: ConfigSources): T {
  const file = sources.file === undefined ? {} : readYaml(sources.file);
  const unknown = Object.keys(file).find((name) => !Object.hasOwn(schema, name));
  if (unknown !== undefined) throw usage(`${sources.file}: "${unknown}" is not a setting`);
  const entries = Object.entries<ConfigField<unknown>>(schema as Record<string, ConfigField<unknown>>);
  return Object.fromEntries(
    entries.map(([name, field]) => [name, settle(name, field, find(name, file, sources))]),
  ) as T;
}

/** `grpcPort` -> `LIFEBOAT_GRPC_PORT` */
export function environmentName(name: string): string {
  return `LIFEBOAT_${name.replace(/[A-Z]/g, (letter) => `_${letter}`).toUpperCase()}`;
}

function find(
  name: string,
  file: Record<string, unknown>,
  { env, flags, file: path }: ConfigSources,
): Found | undefined {
  if (flags[name] !== undefined)
    return {
      value: flags[name],
      source: `--${name.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`)}`,
    };
  const variable = environmentName(name);
  if (env[variable] !== undefined && env[variable] !== '') return { value: env[variable], source: variable };
  const value = Object.hasOwn(file, name) ? file[name] : undefined;
  return value === undefined || value === null ? undefined : { value, source: `${path}: ${name}` };
}

function settle(name: string, field: ConfigField<unknown>, found: Found | undefined): unknown {
  if (found === undefined) {
    if (field.fallback === undefined)
      throw usage(
        `${name} is not set`,
        `Set ${environmentName(name)}, or ${name} in the configuration file.`,
      );
    return field.fallback.value;
  }
  try {
    return field.parse(found.value);
  } catch (error) {
    throw usage(`${found.source} ${messageOf(error)}`);
  }
}

function readYaml(file: string): Record<string, unknown> {
  let value: unknown;
  try {
    value = parse(readFileSync(file, 'utf8'));
  } catch (error) {
    throw new LifeboatError('USAGE', `configuration file ${file} cannot be read: ${messageOf(error)}`, {
      cause: error,
    });
  }
  if (value === null || value === undefined) return {};
  if (typeof value !== 'object' || Array.isArray(value)) throw usage(`${file} is not a list of settings`);
  return value as Record<string, unknown>;
}

function usage(message: string, guidance?: string): LifeboatError {
  return new LifeboatError('USAGE', message, { guidance });
}
