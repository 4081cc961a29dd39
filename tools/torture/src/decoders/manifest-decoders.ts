import { isLifeboatError } from '@lifeboat/kernel';
import { seededBytes, type SeededRandom } from '@lifeboat/testkit';
import {
  decodeEntry,
  decodeManifestRoot,
  decodeSegment,
  encodeEntry,
  encodeManifestRoot,
  fileSizes,
  SegmentBuilder,
  summarizeSegment,
} from '@lifeboat/vault-format';
import { BREACHES, DecoderFault, type Decoder } from './decoder.ts';
import { sampleEntries } from './sample-manifest.ts';

export const MANIFEST_DECODERS: readonly Decoder[] = [
  { name: 'manifest segment', valid: validSegment, decode: readSegment, refusals: BREACHES },
  {
    name: 'manifest root',
    valid: validRoot,
    decode: (bytes) => void decodeManifestRoot(bytes),
    refusals: BREACHES,
  },
  {
    name: 'manifest entry',
    valid: (random) => encodeEntry(sampleEntries(random)[0]!),
    decode: (bytes) => void decodeEntry(bytes),
    refusals: BREACHES,
  },
];

function validSegment(random: SeededRandom): Buffer {
  const builder = new SegmentBuilder();
  let cut: Buffer | undefined;
  for (const entry of sampleEntries(random)) cut ??= builder.push(entry);
  return cut ?? builder.finish()!;
}

function validRoot(random: SeededRandom): Buffer {
  const paths = ['', 'a', 'b/c', 'd'].slice(0, random.integer(5));
  const segments = paths.map((path) => ({
    chunk: seededBytes(random.next(), 33),
    firstPath: Buffer.from(path),
    entries: random.integer(1000),
    contentBytes: random.integer(2 ** 40),
    length: random.integer(2 ** 20),
  }));
  const entries = segments.reduce((total, segment) => total + segment.entries, 0);
  const contentBytes = segments.reduce((total, segment) => total + segment.contentBytes, 0);
  return encodeManifestRoot({ segments, entries, contentBytes });
}

/** The three readers of segments agree on what the strictest of them takes. */
function readSegment(bytes: Buffer): void {
  const quick: [string, number][] = [];
  const refusal = refusalOf(() => fileSizes(bytes, (path, size) => quick.push([path, size])));
  refusalOf(() => summarizeSegment(bytes));
  // All at once, as a check of closure holds thousands.
  const entries = [...decodeSegment(bytes)];
  if (refusal !== undefined) throw new DecoderFault('fileSizes refuses what decodeSegment takes');
  const files = entries.filter(({ type }) => type === 'file');
  const same =
    files.length === quick.length &&
    files.every(({ path, size }, at) => quick[at]![0] === path.toString('latin1') && quick[at]![1] === size);
  if (!same) throw new DecoderFault('fileSizes tells other files than decodeSegment');
}

function refusalOf(read: () => unknown): unknown {
  try {
    read();
    return undefined;
  } catch (thrown) {
    if (isLifeboatError(thrown) && (BREACHES as readonly string[]).includes(thrown.code)) return thrown;
    throw thrown;
  }
}
