import type { ClusterId, PackName } from '@lifeboat/kernel';

/** Names of a vault's blobs (design: layout on a blob store). */
export const VAULT_RECORD = 'vault.json';
export const PACKS = 'packs/';
export const SETS = 'sets/';
export const CONTROL = 'control/';
export const OWNERS = 'owner/';
/** What a repair has set aside, each under its old name; no reader looks there. */
export const QUARANTINE = 'quarantine/';

const SEQUENCE_DIGITS = 10;
const PACK_BLOB = /^packs\/([0-9a-f]{2})\/(\1[0-9a-f]{62})$/;
const SET_BLOB = /^sets\/([0-9a-f-]{36})\/(\d{10})-([0-9a-f-]{36})$/;
const CONTROL_BLOB = /^control\/(.+)-(\d{10})$/;

export function packBlob(name: PackName): string {
  return `${PACKS}${name.slice(0, 2)}/${name}`;
}

/** The pack's name, or undefined when the blob is something else. */
export function packNameOf(blob: string): PackName | undefined {
  return PACK_BLOB.exec(blob)?.[2] as PackName | undefined;
}

/** Sets sort by cluster, then by sequence. */
export function setBlob(cluster: string, sequence: number, set: string): string {
  return `${setBlobPrefix(cluster, sequence)}${set}`;
}

export function setBlobPrefix(cluster: string, sequence: number): string {
  return `${SETS}${cluster}/${digits(sequence)}-`;
}

export function clusterOfSetBlob(blob: string): ClusterId | undefined {
  return SET_BLOB.exec(blob)?.[1] as ClusterId | undefined;
}

export function sequenceOfSetBlob(blob: string): number | undefined {
  const digitsOf = SET_BLOB.exec(blob)?.[2];
  return digitsOf === undefined ? undefined : Number(digitsOf);
}

export function setOfSetBlob(blob: string): string | undefined {
  return SET_BLOB.exec(blob)?.[3];
}

export function controlBlob(name: string, counter: number): string {
  return `${CONTROL}${name}-${digits(counter)}`;
}

export function controlNameOf(blob: string): { name: string; counter: number } | undefined {
  const match = CONTROL_BLOB.exec(blob);
  return match === null ? undefined : { name: match[1] as string, counter: Number(match[2]) };
}

function digits(counter: number): string {
  return String(counter).padStart(SEQUENCE_DIGITS, '0');
}
