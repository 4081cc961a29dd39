/** A process for tests to start many of: opens the catalog at CATALOG_URL, reads from it and ends. */
import { silentLog } from '@lifeboat/kernel';
import { Catalog } from '../catalog.ts';

const catalog = await Catalog.open(process.env['CATALOG_URL'] ?? '', silentLog);
await catalog.clusters.list();
await catalog.close();
