import type { BlobStore } from '@lifeboat/blob-store';
import type { Catalog, ChunkRecord, PackRow } from '@lifeboat/catalog';
import type { SeededRandom } from '@lifeboat/testkit';
import { PACK_HEADER_LENGTH } from '@lifeboat/vault-format';

/** What a disk does to a closed pack. */
export interface Damage {
  /** Its blob. */
  readonly blob: string;
  /** Undefined: it is gone. */
  readonly rot: { readonly offset: number; readonly mask: number } | undefined;
  /** Hex ids of all that it holds. */
  readonly held: ReadonlySet<string>;
  /** Hex ids of what a repair may find nowhere else: the rest of the pack, and all of one that the replica has, comes back. */
  readonly lost: ReadonlySet<string>;
}

const PACKS_AT_ONCE = 2;
const PAGE = 500;

/** One pack or two, if there are any closed ones: a byte of it is another one, or all of it is gone. */
export async function drawDamages(
  catalog: Catalog,
  replica: BlobStore | undefined,
  random: SeededRandom,
): Promise<Damage[]> {
  const packs = await catalog.packs.listClosed(0n, PAGE);
  const damages: Damage[] = [];
  for (let left = 1 + random.integer(PACKS_AT_ONCE); left > 0 && packs.length > 0; left -= 1) {
    const [pack] = packs.splice(random.integer(packs.length), 1);
    damages.push(await drawDamage(catalog, replica, pack!, random));
  }
  return damages;
}

async function drawDamage(
  catalog: Catalog,
  replica: BlobStore | undefined,
  { id, name, bytes }: PackRow,
  random: SeededRandom,
): Promise<Damage> {
  const blob = `packs/${name!.slice(0, 2)}/${name!}`;
  const rows = await catalog.chunks.ofPack(id);
  const rot =
    random.integer(3) === 0
      ? undefined
      : { offset: someOffset(rows, bytes!, random), mask: 1 + random.integer(255) };
  const isCopied = replica !== undefined && (await replica.size(blob)) !== undefined;
  const lost = isCopied ? [] : rot === undefined ? rows : lostFor(rows, rot.offset);
  return { blob, rot, held: idsOf(rows), lost: idsOf(lost) };
}

/** In a chunk, mostly; else anywhere: also in header, keys, table and footer. */
function someOffset(rows: readonly ChunkRecord[], bytes: number, random: SeededRandom): number {
  if (rows.length === 0 || random.integer(3) === 0) return random.integer(bytes);
  const { offset, length } = random.pick(rows);
  return offset + random.integer(length);
}

/** The chunk that lies there. Between chunks it may be a key, without which none of the pack opens. */
function lostFor(rows: readonly ChunkRecord[], at: number): readonly ChunkRecord[] {
  const hit = rows.filter(({ offset, length }) => offset <= at && at < offset + length);
  const end = Math.max(...rows.map(({ offset, length }) => offset + length));
  return hit.length > 0 || at < PACK_HEADER_LENGTH || at >= end ? hit : rows;
}

function idsOf(rows: readonly ChunkRecord[]): ReadonlySet<string> {
  return new Set(rows.map(({ id }) => id.toString('hex')));
}
