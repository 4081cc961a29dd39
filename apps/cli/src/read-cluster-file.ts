import { readFile } from 'node:fs/promises';
import { text } from 'node:stream/consumers';
import { parseClusterDocument, type ClusterDocument } from '@lifeboat/console-api';
import { LifeboatError, messageOf } from '@lifeboat/kernel';
import { parse } from 'yaml';

/**
 * `cluster.yaml`, checked by the same schema as in the server, so that most mistakes show before anything is sent.
 * @throws LifeboatError USAGE
 */
export async function readClusterFile(file: string): Promise<ClusterDocument> {
  const value = parseYaml(file, await readGiven(file));
  parseClusterDocument(value);
  return value as ClusterDocument;
}

async function readGiven(file: string): Promise<string> {
  if (file === '-') return text(process.stdin);
  try {
    return await readFile(file, 'utf8');
  } catch (error) {
    throw new LifeboatError('USAGE', `${file} cannot be read: ${messageOf(error)}`, { cause: error });
  }
}

function parseYaml(file: string, source: string): unknown {
  try {
    return parse(source);
  } catch (error) {
    throw new LifeboatError('USAGE', `${file} is not YAML: ${messageOf(error).trim()}`, { cause: error });
  }
}
