import type { Catalog, ChunkRecord, FramePlaces, PackRow } from '@lifeboat/catalog';
import type { PackTableRow } from '@lifeboat/vault-format';
import { finding, type Finding } from './finding.ts';

/**
 * The catalog's rows of a pack that point to no frame of theirs. A frame without a row is none of it: whoever sends a
 * chunk twice has one row.
 */
export async function strayRows(
  { chunks }: Catalog,
  pack: PackRow,
  table: readonly PackTableRow[],
): Promise<ChunkRecord[]> {
  return chunks.ofPackExcept(pack.id, placesOfTable(table));
}

export function placesOfTable(table: readonly PackTableRow[]): FramePlaces {
  const frames = table.filter(({ kind }) => kind === 'chunk');
  return { offsets: frames.map(({ offset }) => offset), ids: Buffer.concat(frames.map(({ id }) => id)) };
}

export function strayFindings(name: string, strays: readonly ChunkRecord[]): Finding[] {
  if (strays.length === 0) return [];
  return [finding(name, 'rows-wrong', `${strays.length} rows of the catalog point to no frame of it`)];
}
