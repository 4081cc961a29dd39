import { invariant } from '@lifeboat/kernel';

/** PostgreSQL cuts longer names silently, MariaDB refuses beyond 64: both must stay whole. */
const MAX_NAME_BYTES = 63;

export function stagedNameOf(database: string, restoreId: string): string {
  return suffixed(database, '_lb_', restoreId);
}

export function asideNameOf(database: string, restoreId: string): string {
  return suffixed(database, '_aside_', restoreId);
}

function suffixed(database: string, infix: string, restoreId: string): string {
  const id = restoreId.slice(0, 8);
  invariant(/^[0-9a-f]{8}$/.test(id), 'a restore id begins with eight hex digits');
  let stem = database;
  while (Buffer.byteLength(stem + infix + id) > MAX_NAME_BYTES) stem = stem.slice(0, -1);
  return stem + infix + id;
}
