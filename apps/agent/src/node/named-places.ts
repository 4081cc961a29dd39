import path from 'node:path';
import { readIfThere, writeFileAtomic } from '@lifeboat/runtime';

/** What the cluster's definition named of this node when the server asked last; empty: left to be found. */
export interface NamedPlaces {
  readonly liferayHome: string;
  readonly documentStorePath: string;
}

const FILE = 'named-places.json';
const NOTHING: NamedPlaces = { liferayHome: '', documentStorePath: '' };

export async function readNamedPlaces(stateDir: string): Promise<NamedPlaces> {
  const text = await readIfThere(path.join(stateDir, FILE));
  return text === undefined ? NOTHING : { ...NOTHING, ...(JSON.parse(text) as Partial<NamedPlaces>) };
}

/** So that the doctor, who does not ask the server, sees what the server sees. */
export async function rememberNamedPlaces(
  stateDir: string,
  { liferayHome, documentStorePath }: NamedPlaces,
): Promise<void> {
  const text = `${JSON.stringify({ liferayHome, documentStorePath })}\n`;
  if ((await readIfThere(path.join(stateDir, FILE))) === text) return;
  await writeFileAtomic(path.join(stateDir, FILE), text, { mode: 0o644 });
}
