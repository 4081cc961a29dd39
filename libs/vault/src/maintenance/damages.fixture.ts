import { createHash, randomUUID } from 'node:crypto';
import { crc32 } from 'node:zlib';
import type { DamagedVault } from '../testing/damaged-vault.ts';
import { frameHeaderAt } from '../testing/frame-places.ts';
import type { CheckReport } from './check.ts';

/** Every kind of damage that we know of: what a check calls it, whom it hits, and what a repair leaves of it. */

/** Made by each spec file for itself, before its tests. */
export const scene = {} as { vault: DamagedVault; foreign: DamagedVault };

export type SetLabel = 's1' | 's2' | 's4';
export const SETS: readonly SetLabel[] = ['s1', 's2', 's4'];

export interface Damage {
  readonly what: string;
  readonly damage: () => Promise<void>;
  /** Findings of a check that does not read the data, "kind subject", sorted. */
  readonly seen: readonly string[];
  /** Of one that does, when they differ. */
  readonly read?: readonly string[];
  /** Of a check without a catalog, when they differ from those with one; null: such a reader refuses the scene.vault. */
  readonly offline?: { readonly seen: readonly string[]; readonly read?: readonly string[] } | null;
  /** Sets that cannot be read. */
  readonly hit?: readonly SetLabel[];
  /** Where they cannot be read with a catalog only. */
  readonly hitOnline?: readonly SetLabel[];
  /** What a check that reads finds after a repair; nothing unless said. */
  readonly rest?: readonly string[];
  /** Sets that cannot be read after a repair; none unless said. */
  readonly lost?: readonly SetLabel[];
}

/** Where something begins in the first pack, by the map in FORMAT.md §5. */
const PACK_HEADER = {
  magic: 0,
  version: 9,
  requires: 11,
  uses: 13,
  zero: 14,
  vault: 16,
  cluster: 32,
  crc: 48,
};
const FRAME_HEADER = {
  magic: 0,
  version: 9,
  requires: 11,
  uses: 13,
  kind: 14,
  type: 15,
  vault: 16,
  cluster: 32,
  'key id': 48,
  'chunk id': 64,
  codec: 97,
  zero: 98,
  'raw length': 103,
  'body length': 107,
  counter: 115,
  crc: 116,
};
const TABLE = { magic: 0, uses: 13, zero: 14, nonce: 16, 'body length': 31, rows: 40 };
const FOOTER = {
  magic: 0,
  version: 9,
  requires: 11,
  uses: 13,
  zero: 14,
  'table offset': 23,
  'table length': 27,
  frames: 31,
  crc: 32,
};
const FRAME_LENGTH = 120;
const FOOTER_LENGTH = 36;

const p = (index: number): string => scene.vault.packs[index]!;
const s = (index: number): string => scene.vault.documents[index]!;
export const nameOf = (bytes: Buffer): string => {
  const name = createHash('sha256').update(bytes).digest('hex');
  return `packs/${name.slice(0, 2)}/${name}`;
};

const tableAt = (bytes: Buffer): number => Number(bytes.readBigUInt64BE(bytes.length - FOOTER_LENGTH + 16));

async function rewrite(name: string, change: (bytes: Buffer) => Buffer | void): Promise<void> {
  const bytes = scene.vault.bytesOf(name);
  await scene.vault.write(name, change(bytes) ?? bytes);
}

/** In the first pack, of the frames that the agent sent: its file that set 1 alone has, the shared one, segment, root. */
const [KEY, OWN, SHARED, SEGMENT, ROOT] = [0, 1, 2, 3, 4];

const inFrame = (frame: number, offset: number) => async (): Promise<void> =>
  scene.vault.flip(p(0), frameHeaderAt(scene.vault.bytesOf(p(0)), frame) + offset);

/** With a whole CRC, as only a newer release would write it. */
const newerHeader = (place: (bytes: Buffer) => number, field: number, length: number) => async () =>
  rewrite(p(0), (bytes) => {
    const at = place(bytes);
    bytes[at + field] = 2;
    bytes.writeUInt32BE(crc32(bytes.subarray(at, at + length)), at + length);
  });

const READ_ONE = ['chunk-damaged p1', 'closure-broken s1', 'pack-damaged p1'];
const READ_SHARED = [
  'chunk-damaged p1',
  'closure-broken s1',
  'closure-broken s2',
  'closure-broken s4',
  'pack-damaged p1',
];

export const PACKS: readonly Damage[] = [
  ...Object.entries(PACK_HEADER).map(([field, offset]) => ({
    what: `the ${field} of a pack's header`,
    damage: async () => scene.vault.flip(p(0), offset),
    seen: ['pack-damaged p1'],
  })),
  ...Object.entries(FRAME_HEADER).map(([field, offset]) => ({
    what: `the ${field} of a frame's header`,
    damage: inFrame(OWN, offset),
    seen: [],
    read: READ_ONE,
    hit: ['s1'] as const,
    rest: ['closure-broken s1'],
    lost: ['s1'] as const,
  })),
  ...[
    ['sealed bytes', 50],
    ['tag', 3000],
  ].map(([what, offset]) => ({
    what: `the ${what} of a file`,
    damage: inFrame(OWN, FRAME_LENGTH + (offset as number)),
    seen: [],
    read: READ_ONE,
    hit: ['s1'] as const,
    rest: ['closure-broken s1'],
    lost: ['s1'] as const,
  })),
  ...[
    ['segment', SEGMENT],
    ['root', ROOT],
  ].map(([what, frame]) => ({
    what: `the sealed bytes of a manifest's ${what}, which every check reads`,
    damage: inFrame(frame as number, FRAME_LENGTH + 5),
    seen: ['closure-broken s1'],
    read: READ_ONE,
    hit: ['s1'] as const,
    rest: ['closure-broken s1'],
    lost: ['s1'] as const,
  })),
  {
    what: 'the sealed bytes of a file that all sets have',
    damage: inFrame(SHARED, FRAME_LENGTH + 5),
    seen: [],
    read: READ_SHARED,
    hit: SETS,
    rest: ['closure-broken s1', 'closure-broken s2', 'closure-broken s4'],
    lost: SETS,
  },
  ...[
    ['magic of its frame', 0],
    ['id in its frame', 50],
    ['encapsulated part', FRAME_LENGTH],
    ['sealed part', FRAME_LENGTH + 40],
  ].map(([what, offset]) => ({
    what: `a wrapped key: the ${what}`,
    damage: inFrame(KEY, offset as number),
    seen: [],
    read: READ_SHARED,
    // Whoever has read the same key in another pack, as this process has, can do without.
    offline: { seen: ['closure-broken s1'], read: READ_SHARED },
    hit: ['s1'] as const,
    hitOnline: [],
  })),
  ...Object.entries(TABLE).map(([field, offset]) => ({
    what: `the ${field} of a pack's table`,
    damage: async () => scene.vault.flip(p(0), tableAt(scene.vault.bytesOf(p(0))) + offset),
    seen: ['pack-damaged p1'],
    // A table without its magic does not tell where the frames end.
    ...(field === 'magic' && { read: ['chunk-damaged p1', 'pack-damaged p1'] }),
  })),
  ...Object.entries(FOOTER).map(([field, offset]) => ({
    what: `the ${field} of a pack's footer`,
    damage: async () => {
      const { length } = scene.vault.bytesOf(p(0));
      await scene.vault.flip(p(0), length - FOOTER_LENGTH + offset);
    },
    seen: ['pack-damaged p1'],
  })),
  {
    what: 'a pack that ends in a frame',
    damage: async () => rewrite(p(0), (bytes) => bytes.subarray(0, frameHeaderAt(bytes, ROOT) + 10)),
    seen: ['closure-broken s1', 'pack-damaged p1'],
    hit: ['s1'],
    rest: ['closure-broken s1'],
    lost: ['s1'],
  },
  {
    what: 'a pack that ends in its table',
    damage: async () => rewrite(p(0), (bytes) => bytes.subarray(0, tableAt(bytes) + 40)),
    seen: ['pack-damaged p1'],
  },
  {
    what: 'a pack without its footer',
    damage: async () => rewrite(p(0), (bytes) => bytes.subarray(0, bytes.length - FOOTER_LENGTH)),
    seen: ['pack-damaged p1'],
  },
  {
    what: 'an empty pack',
    damage: async () => rewrite(p(1), () => Buffer.alloc(0)),
    seen: ['closure-broken s2', 'pack-damaged p2'],
    hit: ['s2'],
    rest: ['closure-broken s2'],
    lost: ['s2'],
  },
  {
    what: 'a pack of nothing but zeros',
    damage: async () => rewrite(p(1), (bytes) => Buffer.alloc(bytes.length)),
    seen: ['closure-broken s2', 'pack-damaged p2'],
    read: ['chunk-damaged p2', 'closure-broken s2', 'pack-damaged p2'],
    // Nothing says whose it is.
    offline: { seen: ['closure-broken s2', 'pack-damaged p2'] },
    hit: ['s2'],
    rest: ['closure-broken s2'],
    lost: ['s2'],
  },
  {
    what: 'a pack that is gone',
    damage: async () => scene.vault.write(p(1), undefined),
    seen: ['closure-broken s2', 'pack-missing p2'],
    offline: { seen: ['closure-broken s2'] },
    hit: ['s2'],
    rest: ['closure-broken s2'],
    lost: ['s2'],
  },
  {
    what: 'a pack once more, under another name',
    damage: async () => scene.vault.write(`packs/ab/ab${'0'.repeat(62)}`, scene.vault.bytesOf(p(0))),
    seen: ['pack-unknown packs/ab'],
    offline: { seen: [], read: ['pack-damaged packs/ab'] },
  },
  {
    what: 'two packs that changed their names',
    damage: async () => {
      await scene.vault.write(p(0), scene.vault.bytesOf(p(1)));
      await scene.vault.write(p(1), scene.vault.bytesOf(p(0)));
    },
    seen: [
      'closure-broken s1',
      'closure-broken s2',
      'closure-broken s4',
      'pack-damaged p1',
      'pack-damaged p2',
      'rows-wrong p1',
      'rows-wrong p2',
    ],
    // A table says itself what lies in its pack.
    offline: { seen: [], read: ['pack-damaged p1', 'pack-damaged p2'] },
    hitOnline: SETS,
  },
  {
    what: 'a pack of another vault in the place of one',
    damage: async () => scene.vault.write(p(1), scene.foreign.bytesOf(scene.foreign.packs[1]!)),
    seen: ['closure-broken s2', 'pack-damaged p2'],
    read: ['chunk-damaged p2', 'closure-broken s2', 'pack-damaged p2'],
    hit: ['s2'],
    rest: ['closure-broken s2'],
    lost: ['s2'],
  },
  {
    what: 'a blob among the packs that is none',
    damage: async () => scene.vault.write('packs/README', Buffer.from('hello')),
    seen: ['pack-unknown packs/README'],
    rest: ['pack-unknown packs/README'],
  },
  {
    what: 'a pack whose header is of a newer version',
    damage: newerHeader(() => 0, 9, PACK_HEADER.crc),
    seen: ['newer-release p1'],
    read: ['newer-release p1', 'pack-damaged p1'],
    offline: { seen: ['newer-release p1'] },
  },
  {
    what: 'a whole pack of a newer release, named by its bytes',
    damage: async () => {
      const bytes = scene.vault.bytesOf(p(0));
      bytes[9] = 2;
      bytes.writeUInt32BE(crc32(bytes.subarray(0, PACK_HEADER.crc)), PACK_HEADER.crc);
      await scene.vault.write(p(0), undefined);
      await scene.vault.write(nameOf(bytes), bytes);
      await scene.vault.sql(`update packs set name = '${nameOf(bytes).slice(-64)}' where id = 1`);
    },
    seen: ['newer-release pack'],
    rest: ['newer-release pack'],
  },
  {
    what: 'a frame that requires what this release does not know',
    damage: newerHeader((bytes) => frameHeaderAt(bytes, OWN), 11, FRAME_HEADER.crc),
    seen: [],
    read: ['closure-broken s1', 'newer-release p1', 'pack-damaged p1'],
    hit: ['s1'],
    rest: ['closure-broken s1'],
    lost: ['s1'],
  },
  {
    what: 'a table of a newer version',
    damage: async () => scene.vault.flip(p(0), tableAt(scene.vault.bytesOf(p(0))) + 9),
    seen: ['newer-release p1'],
    read: ['newer-release p1', 'pack-damaged p1'],
  },
  {
    what: 'a footer of a newer version',
    damage: newerHeader((bytes) => bytes.length - FOOTER_LENGTH, 9, FOOTER.crc),
    seen: ['newer-release p1'],
    read: ['newer-release p1', 'pack-damaged p1'],
  },
];

const RECORD_FIELDS = ['format', 'kind', 'length', 'name', 'nonce', 'body', 'signature', 'vault'];

/** Where the value of a member begins, behind a quotation mark if it has one. */
function valueAt(bytes: Buffer, member: string): number {
  const at = bytes.indexOf(`"${member}":`) + member.length + 3;
  return bytes[at] === 0x22 ? at + 1 : at;
}

const flipMember = (name: () => string, member: string) => async () =>
  scene.vault.flip(name(), valueAt(scene.vault.bytesOf(name()), member));

export const replaceIn = (name: () => string, text: string, by: string) => async () =>
  rewrite(name(), (bytes) => Buffer.from(bytes.toString().replace(text, by)));

const newerOf = (name: () => string, seen: readonly string[], hit: readonly SetLabel[]): Damage[] =>
  [
    ['version', '"version":1', '"version":2'],
    ['requires', '"requires":[]', '"requires":["more"]'],
  ].map(([what, text, by]) => ({
    what: `the ${what} of a newer release`,
    damage: replaceIn(name, text!, by!),
    seen,
    hit,
    hitOnline: [],
  }));

export const SET_DOCUMENTS: readonly Damage[] = [
  ...RECORD_FIELDS.map((member) => ({
    what: `its ${member}`,
    damage: flipMember(() => s(1), member),
    seen: ['set-damaged s2'],
    hit: ['s2'] as const,
    hitOnline: [],
    // Without it the bytes cannot be made again.
    ...(member === 'nonce' && { rest: ['set-damaged s2'], lost: ['s2'] as const }),
  })),
  ...newerOf(() => s(1), ['newer-release s2'], ['s2']),
  {
    what: 'half of one',
    damage: async () => rewrite(s(2), (bytes) => bytes.subarray(0, bytes.length / 2)),
    seen: ['set-damaged s4'],
    hit: ['s4'],
    hitOnline: [],
    rest: ['set-damaged s4'],
    lost: ['s4'],
  },
  {
    what: 'half of a new one',
    damage: async () => {
      const bytes = scene.vault.bytesOf(s(2));
      await scene.vault.write(s(2).replace('0000000004', '0000000005'), bytes.subarray(0, 100));
    },
    seen: ['set-damaged sets'],
    rest: ['set-damaged sets'],
  },
  {
    what: 'the temporary file of one that a kill left',
    damage: async () =>
      scene.vault.write(`${s(2).slice(0, 42)}.put-${randomUUID()}`, scene.vault.bytesOf(s(2))),
    seen: [],
  },
  {
    what: 'the first is gone',
    damage: async () => scene.vault.write(s(0), undefined),
    seen: ['set-missing s1'],
    offline: { seen: ['set-chain-broken s2'] },
    hit: ['s1'],
    hitOnline: [],
    rest: ['set-missing s1'],
    lost: ['s1'],
  },
  {
    what: 'one in the middle is gone',
    damage: async () => scene.vault.write(s(1), undefined),
    seen: ['set-missing s2'],
    offline: { seen: ['set-chain-broken goes'] },
    hit: ['s2'],
    hitOnline: [],
    rest: ['set-missing s2'],
    lost: ['s2'],
  },
  {
    what: 'the last is gone: only a catalog knows that there was one',
    damage: async () => scene.vault.write(s(2), undefined),
    seen: ['set-missing s4'],
    offline: { seen: [] },
    hit: ['s4'],
    hitOnline: [],
    rest: ['set-missing s4'],
    lost: ['s4'],
  },
  {
    what: 'two that changed their names',
    damage: async () => {
      await scene.vault.write(s(0), scene.vault.bytesOf(s(1)));
      await scene.vault.write(s(1), scene.vault.bytesOf(s(0)));
    },
    seen: ['set-damaged s1', 'set-damaged s2'],
    hit: ['s1', 's2'],
    hitOnline: [],
  },
  {
    what: 'one of another vault',
    damage: async () => scene.vault.write(s(1), scene.foreign.bytesOf(scene.foreign.documents[1]!)),
    seen: ['set-damaged s2'],
    hit: ['s2'],
    hitOnline: [],
    rest: ['set-damaged s2'],
    lost: ['s2'],
  },
];

const clusterRecord = (version: number): string =>
  `control/clusters/${scene.vault.test.cluster}-000000000${version}`;

export const RECORDS: readonly Damage[] = [
  ...RECORD_FIELDS.map((member) => ({
    what: `a control record: its ${member}`,
    damage: flipMember(() => clusterRecord(2), member),
    seen: ['record-damaged cluster-2'],
  })),
  ...newerOf(() => clusterRecord(2), ['newer-release cluster-2'], []).map((each) => ({
    ...each,
    rest: each.seen,
  })),
  {
    what: 'an older version of a control record',
    damage: flipMember(() => clusterRecord(1), 'body'),
    seen: ['record-damaged cluster-1'],
  },
  {
    what: 'the record of a deleted set, which held its place in the chain',
    damage: flipMember(() => scene.vault.deletion, 'body'),
    seen: ['record-damaged deletion', 'set-chain-broken s4'],
  },
  ...['id', 'createdAt', 'publicKey', 'signature', 'uses'].map((member) => ({
    what: `vault.json: its ${member}`,
    damage: flipMember(() => 'vault.json', member),
    seen: ['record-damaged vault.json'],
    offline: null,
    hit: SETS,
    hitOnline: [],
  })),
  ...newerOf(() => 'vault.json', ['newer-release vault.json'], SETS).map((each) => ({
    ...each,
    what: `vault.json: ${each.what}`,
    offline: null,
    rest: each.seen,
    lost: SETS,
  })),
  {
    what: 'vault.json is gone',
    damage: async () => scene.vault.write('vault.json', undefined),
    seen: ['record-damaged vault.json'],
    offline: null,
    hit: SETS,
    hitOnline: [],
  },
];

const OWN_CHUNK = `pack = (select min(id) from packs) and "offset" = (
  select "offset" from chunks where pack = (select min(id) from packs) order by "offset" limit 1)`;
const NONE = { seen: [] };

export const CATALOG: readonly Damage[] = [
  {
    what: 'a row that points elsewhere in its pack',
    damage: async () => scene.vault.sql(`update chunks set "offset" = "offset" + 7 where ${OWN_CHUNK}`),
    seen: ['closure-broken s1', 'rows-wrong p1'],
    offline: NONE,
    hitOnline: ['s1'],
  },
  {
    what: 'a row that points into another pack',
    damage: async () =>
      scene.vault.sql(`update chunks set pack = (select max(id) from packs) where ${OWN_CHUNK}`),
    seen: ['closure-broken s1', 'rows-wrong p4'],
    offline: NONE,
    hitOnline: ['s1'],
  },
  {
    what: 'a row that is gone',
    damage: async () => scene.vault.sql(`delete from chunks where ${OWN_CHUNK}`),
    seen: ['closure-broken s1'],
    offline: NONE,
    hitOnline: ['s1'],
  },
  {
    what: 'a pack that it has forgotten',
    damage: async () =>
      scene.vault.sql(`delete from chunks where pack = 1`, `delete from packs where id = 1`),
    seen: ['closure-broken s1', 'closure-broken s2', 'closure-broken s4', 'pack-unknown packs/p1'],
    offline: NONE,
    hitOnline: SETS,
  },
  {
    what: 'a pack that never was',
    damage: async () =>
      scene.vault.sql(`insert into packs (cluster, name, bytes, closed_at)
                 select cluster, repeat('0', 64), 100, now() from packs limit 1`),
    seen: ['pack-missing 0000'],
    offline: NONE,
  },
  {
    what: 'another length of a pack',
    damage: async () => scene.vault.sql(`update packs set bytes = bytes + 1 where id = 1`),
    seen: ['pack-damaged p1'],
    offline: NONE,
  },
];

/** Each kind of finding once for each subject, in words that do not change from run to run. */
export function told({ findings }: CheckReport): string[] {
  const labels = new Map<string, string>([
    ...scene.vault.packs.flatMap((name, index): [string, string][] => [
      [name, `packs/${['p1', 'p2', 'p4'][index]}`],
      [name.slice(-64), ['p1', 'p2', 'p4'][index]!],
    ]),
    ...scene.vault.documents.map((name, index): [string, string] => [name, SETS[index]!]),
    [scene.vault.deletion, 'deletion'],
    [clusterRecord(1), 'cluster-1'],
    [clusterRecord(2), 'cluster-2'],
    [`ab${'0'.repeat(62)}`, 'packs/ab'],
    [`packs/ab/ab${'0'.repeat(62)}`, 'packs/ab'],
    ['0'.repeat(64), '0000'],
  ]);
  const label = (subject: string): string =>
    labels.get(subject) ??
    (/^[0-9a-f]{64}$/.test(subject) ? 'pack' : undefined) ??
    (subject.startsWith('sets/') ? (subject.includes('/0000000003-') ? 'goes' : 'sets') : subject);
  return [...new Set(findings.map(({ kind, subject }) => `${kind} ${label(subject)}`))].sort();
}
