/**
 * Identifiers as distinct types, so that a set id can never be passed for a node id.
 * Ids of things (sets, restores, nodes…) are lower-case UUIDs; names are slugs chosen by people.
 */
declare const brand: unique symbol;
type Branded<Text extends string> = string & { readonly [brand]: Text };

export type ClusterId = Branded<'ClusterId'>;
export type NodeId = Branded<'NodeId'>;
export type SetId = Branded<'SetId'>;
export type PlanId = Branded<'PlanId'>;
export type RestoreId = Branded<'RestoreId'>;
export type VaultId = Branded<'VaultId'>;
/** Lower-case hex SHA-256 of a closed pack's bytes. */
export type PackName = Branded<'PackName'>;
/** Lower-case hex of the 33 bytes of a chunk id: algorithm byte 01, then HMAC-SHA256. */
export type ChunkIdText = Branded<'ChunkId'>;

/** Bytes of a chunk id: 1 algorithm byte + 32 of HMAC-SHA256(cluster id key, type ‖ bytes). */
export const CHUNK_ID_LENGTH = 33;
export const CHUNK_ID_ALGORITHM_HMAC_SHA256 = 1;

const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/;
const SLUG = /^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$/;

export function isUuid(text: string): boolean {
  return UUID.test(text);
}

/** Names of clusters, nodes and sources: they become part of paths and object keys. */
export function isSlug(text: string): boolean {
  return SLUG.test(text);
}

export function uuidToBytes(uuid: string): Uint8Array {
  return Uint8Array.from(Buffer.from(uuid.replaceAll('-', ''), 'hex'));
}

export function uuidFromBytes(bytes: Uint8Array): string {
  const hex = Buffer.from(bytes).toString('hex');
  return [hex.slice(0, 8), hex.slice(8, 12), hex.slice(12, 16), hex.slice(16, 20), hex.slice(20)].join('-');
}
