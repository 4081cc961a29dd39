import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { DatabaseSettings } from './database.ts';
import type { StoreKind } from './stores/open-store.ts';

/** A simulated portal as it lies on disk: what the other commands need to know of it. */
export interface Portal {
  readonly dir: string;
  readonly nodes: readonly PortalNode[];
  /** Root of the document store, which all nodes share. */
  readonly store: string;
  readonly storeKind: StoreKind;
  readonly database: DatabaseSettings;
  readonly seed: number;
}

export interface PortalNode {
  readonly name: string;
  readonly home: string;
  readonly port: number;
}

const FILE = 'portal-simulator.json';

/** The file holds the database's password, so it is for its owner alone. */
export async function writePortal(portal: Portal): Promise<void> {
  await writeFile(join(portal.dir, FILE), `${JSON.stringify(portal, null, 2)}\n`, { mode: 0o600 });
}

export async function readPortal(dir: string): Promise<Portal> {
  return JSON.parse(await readFile(join(dir, FILE), 'utf8')) as Portal;
}
