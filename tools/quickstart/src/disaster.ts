import { readdir, rm, writeFile } from 'node:fs/promises';
import path from 'node:path';
import type { PortalCluster } from '@lifeboat/dev-cluster';
import pg from 'pg';
import mysql from 'mysql2/promise';

/** What an operator hopes never to see: documents gone, configuration corrupt, the database dropped. */
export async function strike(cluster: PortalCluster): Promise<{ deleted: number; corrupted: number }> {
  await cluster.stopNodes();
  const { portal } = cluster;
  const deleted = await deleteDocuments(portal.store);
  for (const node of portal.nodes) {
    await writeFile(
      path.join(node.home, 'portal-ext.properties'),
      '\0\0\0 not a properties file any more \0\0\0',
    );
    await rm(path.join(node.home, 'osgi', 'configs'), { recursive: true, force: true });
  }
  await dropDatabase(cluster);
  return { deleted, corrupted: portal.nodes.length };
}

/** Every second company-and-folder directory, with all below it. */
async function deleteDocuments(store: string): Promise<number> {
  let deleted = 0;
  for (const company of await readdir(store, { withFileTypes: true })) {
    if (!company.isDirectory() || !/^\d+$/.test(company.name)) continue;
    const folders = await readdir(path.join(store, company.name));
    for (const folder of folders.filter((_, index) => index % 2 === 0)) {
      const directory = path.join(store, company.name, folder);
      deleted += (await readdir(directory, { recursive: true, withFileTypes: true })).filter((entry) =>
        entry.isFile(),
      ).length;
      await rm(directory, { recursive: true });
    }
  }
  return deleted;
}

async function dropDatabase({ portal }: PortalCluster): Promise<void> {
  const { kind, host, port, user, password, database } = portal.database;
  if (kind === 'postgresql') {
    const client = new pg.Client({ host, port, user, password, database: 'postgres' });
    await client.connect();
    await client.query(`drop database "${database}" with (force)`);
    await client.end();
  } else {
    const connection = await mysql.createConnection({ host, port, user, password });
    await connection.query(`drop database \`${database}\``);
    await connection.end();
  }
}
