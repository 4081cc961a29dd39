import { mkdir, writeFile } from 'node:fs/promises';
import { dirname, join, resolve } from 'node:path';
import { seededBytes } from '@lifeboat/testkit';
import { documentContent, imageContent } from './content.ts';
import { createDatabase, openDatabase, type DatabaseSettings } from './database.ts';
import { contentOf, pathOf } from './document.ts';
import { fillDatabase } from './fill-database.ts';
import { homeFiles } from './home-files.ts';
import { writePortal, type Portal, type PortalNode } from './portal.ts';
import { derivedPaths, imagePath, populate, type Population } from './population.ts';
import { openStore, type StoreKind } from './stores/open-store.ts';
import type { PortalStore } from './stores/portal-store.ts';

export interface MakeOptions {
  /** Absent or empty directory that takes the homes, and the store when it is shared. */
  readonly dir: string;
  /** A running server; the database itself is made (one of the same name is dropped). */
  readonly database: DatabaseSettings;
  readonly nodes?: number | undefined;
  readonly documents?: number | undefined;
  readonly images?: number | undefined;
  /** Documents with a version inside a publication. */
  readonly published?: number | undefined;
  /** Rows of `DLContent`, whose bytes are in the database: large objects on PostgreSQL. */
  readonly contents?: number | undefined;
  readonly seed?: number | undefined;
  /** `home`: in the first node's Home, the others are configured to use it. `shared`: a directory of its own. */
  readonly store?: 'home' | 'shared' | undefined;
  readonly storeKind?: StoreKind | undefined;
  /** Of the first node; the others count up. */
  readonly basePort?: number | undefined;
  readonly ports?: readonly number[] | undefined;
}

/** Makes node homes, the document store and the database of a portal. The same seed makes the same bytes. */
export async function makePortal(options: MakeOptions): Promise<Portal> {
  const {
    seed = 1,
    nodes: count = 2,
    documents = 2000,
    basePort = 18080,
    storeKind = 'file-system',
  } = options;
  const dir = resolve(options.dir);
  const nodes = Array.from({ length: count }, (_, at): PortalNode => {
    const name = `node-${at + 1}`;
    return { name, home: join(dir, name), port: options.ports?.[at] ?? basePort + at };
  });
  const shared = options.store === 'shared' || nodes[0] === undefined;
  const store = shared ? join(dir, 'document_library') : join(nodes[0]!.home, 'data/document_library');
  // AdvancedFileSystemStore has no default, and the default of FileSystemStore is each node's own.
  const needsRoot = (at: number): boolean =>
    storeKind !== 'database' && (shared || at > 0 || storeKind === 'advanced-file-system');
  const portal: Portal = { dir, nodes, store, storeKind, database: options.database, seed };
  const population = populate({
    seed,
    documents,
    images: options.images ?? Math.ceil(documents / 20),
    published: Math.min(documents, options.published ?? 5),
  });
  await Promise.all(nodes.map((node, at) => makeHome(portal, node, at, needsRoot(at) ? store : undefined)));
  await createDatabase(options.database);
  const database = await openDatabase(options.database);
  try {
    await fillDatabase(database, population, options.contents ?? 5);
    await fillStore(openStore(portal, database), storeKind, population);
  } finally {
    await database.close();
  }
  await writePortal(portal);
  return portal;
}

async function makeHome(
  portal: Portal,
  node: PortalNode,
  at: number,
  storeRoot: string | undefined,
): Promise<void> {
  const { seed, database, storeKind } = portal;
  for (const file of homeFiles({ seed, number: at + 1, ...node, database, storeKind, storeRoot })) {
    const path = join(node.home, file.path);
    await mkdir(dirname(path), { recursive: true });
    await writeFile(path, file.content, { mode: file.mode ?? 0o644 });
  }
}

/** Files at a time: enough to keep the disk busy while the next contents are computed. */
const PARALLEL = 16;

async function fillStore(store: PortalStore, storeKind: StoreKind, population: Population): Promise<void> {
  const files = storeFiles(storeKind, population);
  await Promise.all(
    Array.from({ length: PARALLEL }, async () => {
      for (const [path, bytes] of files) await store.write(path, bytes());
    }),
  );
}

function* storeFiles(
  storeKind: StoreKind,
  { documents, images }: Population,
): Generator<[string, () => Buffer]> {
  for (const [at, document] of documents.entries()) {
    for (const version of document.versions)
      yield [pathOf(document, version), () => contentOf(document, version)];
    if (at % 10 === 0) {
      for (const path of derivedPaths(document)) yield [path, () => seededBytes(path, 2000)];
    }
  }
  for (const image of images) yield [imagePath(image), () => imageContent(image.imageId, image.size)];
  if (storeKind !== 'database')
    yield ['README.txt', () => Buffer.from('This folder belongs to the portal.\n')];
  // A leftover of a rolled-back upload: no row refers to it.
  yield ['20097/40001/99/1.0', () => documentContent('20097', '99', '1.0', 3000)];
}
