import { readFile } from 'node:fs/promises';
import { LifeboatError, messageOf } from '@lifeboat/kernel';
import type { DatabaseDefinition } from '@lifeboat/model';
import { databaseEngine } from './create-engine.ts';
import type { DatabaseEngine, DatabaseEngineOptions } from './database-engine.ts';
import { parseTarget } from './database-target.ts';

const LONGEST_PASSWORD = 1024;

/**
 * The engine for a cluster's database, with the password read from the file that the definition names on this host.
 * Throws USAGE when the definition or the file is not as it must be.
 */
export async function openEngine(
  definition: Omit<DatabaseDefinition, 'runOn'>,
  options: DatabaseEngineOptions,
): Promise<DatabaseEngine> {
  const password = definition.passwordFile === undefined ? '' : await readPassword(definition.passwordFile);
  return databaseEngine(parseTarget(definition, password), options);
}

/** One line and nothing else: a definition must not be able to make a password of any other file of this host. */
async function readPassword(file: string): Promise<string> {
  const password = (await readText(file)).replace(/\r?\n$/, '');
  if (password.length > LONGEST_PASSWORD || /[\r\n]/.test(password)) {
    throw unusable('holds more than one line');
  }
  return password;
}

async function readText(file: string): Promise<string> {
  try {
    return await readFile(file, 'utf8');
  } catch (error) {
    throw unusable(`cannot be read: ${messageOf(error)}`, error);
  }
}

function unusable(how: string, cause?: unknown): LifeboatError {
  return new LifeboatError('USAGE', `the password file of the database ${how}`, {
    guidance:
      'database.passwordFile in cluster.yaml names a file on the host that runOn names, with the password in it and nothing else.',
    ...(cause === undefined ? {} : { cause }),
  });
}
