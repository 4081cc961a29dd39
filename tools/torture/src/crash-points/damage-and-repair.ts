import { join } from 'node:path';
import type { BlobStore } from '@lifeboat/blob-store';
import type { Catalog } from '@lifeboat/catalog';
import type { SetDocument } from '@lifeboat/model';
import type { SeededRandom } from '@lifeboat/testkit';
import type { Vault } from '@lifeboat/vault';
import { drawDamages } from '../damage/draw-damages.ts';
import { repair } from '../damage/repair-and-judge.ts';
import type { FileRecorder } from './file-recorder.ts';

export interface Damaging {
  readonly recorder: FileRecorder;
  readonly recorded: Catalog;
  readonly vault: Vault;
  /** Of the vault's store. */
  readonly root: string;
  readonly replica: BlobStore | undefined;
  readonly random: SeededRandom;
}

/** The disk damages some packs, then somebody repairs. Those of the sets that are not whole then. */
export async function damageAndRepair<S extends { readonly document: SetDocument }>(
  { recorder, recorded, vault, root, replica, random }: Damaging,
  sets: readonly S[],
): Promise<S[]> {
  for (const { blob, rot, held, lost } of await drawDamages(recorded, replica, random)) {
    recorder.note({ kind: 'promise', promise: { kind: 'damage begun', held, lost } });
    if (rot === undefined) await recorder.lose(join(root, blob));
    else {
      const bytes = await recorder.rot(join(root, blob), rot.offset, rot.mask);
      recorder.note({ kind: 'promise', promise: { kind: 'remains', blob, bytes } });
    }
  }
  const hit = new Set((await repair(vault)).sets.flatMap(({ set, state }) => (state === 'hit' ? [set] : [])));
  for (const { document } of sets)
    if (!hit.has(document.set))
      recorder.note({ kind: 'promise', promise: { kind: 'set whole again', set: document.set } });
  return sets.filter(({ document }) => hit.has(document.set));
}
