import { LifeboatError } from '@lifeboat/kernel';
import type { ByteReader } from './byte-reader.ts';
import type { SegmentRecord, SegmentsFile } from './segments-file.ts';

/** Formats are negative numbers that go down: since 2.9, since 3.1. */
const WITH_DIAGNOSTICS = -9;
const WITH_VECTORS = -10;
const WITH_VERSION = -11;

/**
 * The rest of a `segments_N` of Lucene 2.9 to 3.6 behind its first number (SegmentInfos.java, SegmentInfo.java of 3.6).
 * Files of a segment follow from its name: they are listed in the directory, and those with a generation here.
 */
export function readLegacySegments(reader: ByteReader, format: number): SegmentsFile {
  if (format > WITH_DIAGNOSTICS || format < WITH_VERSION) {
    throw new LifeboatError('FORMAT_UNSUPPORTED', `a Lucene index of format ${format} is not known`, {
      guidance: 'Indexes of Lucene 2.9 and newer are captured; this one is rebuilt after a restore.',
    });
  }
  reader.long(); // counts changes
  reader.int(); // names new segments
  let luceneVersion: string | undefined;
  const segments = reader.times(reader.int(), () => {
    // Each segment bears the version of its writer; the last one was written last.
    if (format <= WITH_VERSION) luceneVersion = reader.string();
    return readSegment(reader, format);
  });
  return { luceneVersion, segments };
}

function readSegment(reader: ByteReader, format: number): SegmentRecord {
  const name = reader.string();
  const documents = reader.int();
  const deleteGeneration = reader.long();
  const sharedStore = reader.int() === -1 ? undefined : readSharedStore(reader);
  reader.byte(); // one file for all norms
  const normGenerations = reader.times(Math.max(0, reader.int()), () => reader.long());
  const compound = reader.byte() === 1;
  const deleted = reader.int();
  reader.byte(); // positions
  reader.times(reader.int(), () => [reader.string(), reader.string()]); // diagnostics
  if (format <= WITH_VECTORS) reader.byte();
  const own = compound ? [`${name}.cfs`] : [`${name}.fnm`];
  const files = [
    ...(deleteGeneration > 0n ? [`${name}_${deleteGeneration.toString(36)}.del`] : []),
    ...normGenerations.flatMap((generation, field) =>
      generation > 0n ? [`${name}_${generation.toString(36)}.s${field}`] : [],
    ),
  ];
  return {
    name,
    files,
    deleted,
    legacy: {
      documents,
      files: {
        baseNames: sharedStore === undefined ? [name] : [name, sharedStore.name],
        required: [...own, ...(sharedStore?.required ?? [])],
      },
    },
  };
}

/** Stored fields and vectors may lie in files that several segments share. */
function readSharedStore(reader: ByteReader): { name: string; required: string[] } {
  const name = reader.string();
  const compound = reader.byte() === 1;
  return { name, required: compound ? [`${name}.cfx`] : [`${name}.fdt`, `${name}.fdx`] };
}
