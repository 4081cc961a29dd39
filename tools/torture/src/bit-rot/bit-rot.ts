import { isLifeboatError, messageOf, silentLog } from '@lifeboat/kernel';
import { seededRandom } from '@lifeboat/testkit';
import type { CheckReport } from '@lifeboat/vault';
import { OfflineVault } from '@lifeboat/vault/offline';
import { restoreSet, WrongBytes } from '../sets/restore-set.ts';
import type { Suite } from '../suite.ts';
import { offlineReader } from '../sets/offline-reader.ts';
import type { Rot } from '../stores/rotting-store.ts';
import { smallVault, type SmallVault } from './small-vault.ts';

const PROGRESS_CASES = 500;

/** One byte anywhere in a vault reads as another: it is found, its blob is named, and so are the sets that it costs. */
export const bitRot: Suite = {
  async run({ seed, first, cases, signal, onProgress }) {
    await using vault = await smallVault();
    const places = await placesOf(vault);
    const counts: Record<string, number> = { cases: 0, 'sets lost': 0 };
    for (let number = first; number < first + cases && !signal.aborted; number += 1) {
      const random = seededRandom(`${seed}/bit-rot/${number}`);
      const { kind, blobs } = random.pick(places);
      const { name, size } = random.pick(blobs);
      const rot = { name, offset: random.integer(size), mask: 1 + random.integer(255) };
      try {
        const lost = await rotOne(vault, rot);
        counts['cases']! += 1;
        counts['sets lost']! += lost;
        counts[`in ${kind}`] = (counts[`in ${kind}`] ?? 0) + 1;
      } catch (thrown) {
        const message = `byte ${rot.offset} of ${name} (mask ${rot.mask}): ${messageOf(thrown)}`;
        return { counts, failure: { case: number, message } };
      }
      if (counts['cases']! % PROGRESS_CASES === 0) onProgress?.(counts);
    }
    return { counts };
  },
};

interface Places {
  readonly kind: string;
  readonly blobs: { readonly name: string; readonly size: number }[];
}

/** By kind, so that small blobs are met as often as large ones; in an order that does not depend on random names. */
async function placesOf({ store }: SmallVault): Promise<Places[]> {
  const kinds = new Map<string, Places['blobs']>();
  for await (const blob of store.list('')) {
    const kind = blob.name.split('/')[0]!;
    kinds.set(kind, [...(kinds.get(kind) ?? []), blob]);
  }
  return [...kinds].map(([kind, blobs]) => ({ kind, blobs: blobs.sort((a, b) => a.size - b.size) }));
}

/** How many sets cannot be restored for it. */
async function rotOne(vault: SmallVault, rot: Rot): Promise<number> {
  vault.store.rot = rot;
  try {
    const lost = await lostSets(vault);
    if (lost === undefined) return 0;
    judge('offline', vault, rot, lost, await (await open(vault)).check({ readData: true }));
    judge('server', vault, rot, lost, await vault.test.vault.check({ readData: true }));
    return lost.size;
  } finally {
    vault.store.rot = undefined;
  }
}

function open({ test, store }: SmallVault): Promise<OfflineVault> {
  return OfflineVault.open(store, test.parts.keyRing, silentLog);
}

/** Names of the sets that cannot be read; undefined when the vault is refused as a whole. WrongBytes. */
async function lostSets(vault: SmallVault): Promise<ReadonlySet<string> | undefined> {
  const lost = new Set<string>();
  for (const known of vault.sets) {
    const offline = await open(vault).catch(refusal);
    if (offline === undefined) return undefined;
    try {
      const stored = (await offline.sets()).sets.find(({ name }) => name === known.name);
      if (stored === undefined) throw new Error('its document cannot be read');
      await using reader = await offlineReader(offline, vault.test.cluster);
      await restoreSet(reader, stored.document, known);
    } catch (thrown) {
      if (thrown instanceof WrongBytes) throw thrown;
      lost.add(known.name);
    }
  }
  return lost;
}

/** Of vault.json: any change to it is met before anything else. */
function refusal(thrown: unknown): undefined {
  const codes = ['SIGNATURE_INVALID', 'FORMAT_DAMAGED', 'FORMAT_UNSUPPORTED', 'KEY_MISSING'];
  if (!isLifeboatError(thrown) || !codes.includes(thrown.code)) throw thrown;
  return undefined;
}

function judge(
  who: string,
  vault: SmallVault,
  rot: Rot,
  lost: ReadonlySet<string>,
  report: CheckReport,
): void {
  const { findings } = report;
  const told = findings.map(({ kind, subject }) => `${kind} ${subject}`).join(', ') || 'nothing';
  // What owner entries say is for people: their names alone count.
  if (rot.name.startsWith('owner/')) {
    if (findings.length + lost.size > 0) throw new Error(`${who}: an owner entry's text costs: ${told}`);
    return;
  }
  const blob = rot.name.startsWith('packs/') ? rot.name.slice(rot.name.lastIndexOf('/') + 1) : rot.name;
  if (!findings.some(({ subject }) => subject === blob)) throw new Error(`${who}: not found, only ${told}`);
  const blamed = new Set(
    findings
      .filter(({ kind }) => ['set-damaged', 'closure-broken', 'newer-release'].includes(kind))
      .map(({ subject }) => subject),
  );
  if (vault.sets.some(({ name }) => lost.has(name) !== blamed.has(name)))
    throw new Error(`${who}: lost are ${[...lost].join(', ') || 'no sets'}, told was ${told}`);
}
