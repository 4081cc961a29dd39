import type { Buffer } from 'node:buffer';
import { ByteReader } from '../bytes/byte-reader.ts';
import { ByteWriter } from '../bytes/byte-writer.ts';
import { EntryContext, EntryEncoder, readEntry } from './entry-codec.ts';
import type { ManifestEntry } from './manifest-entry.ts';

/** An entry on its own: as the first of a segment. For keeping and comparing entries outside a manifest. */
export function encodeEntry(entry: ManifestEntry): Buffer {
  const into = new ByteWriter();
  into.blob(new EntryEncoder().encode(entry, new EntryContext()));
  return into.copy();
}

/** Throws FORMAT_DAMAGED, FORMAT_UNSUPPORTED. */
export function decodeEntry(bytes: Uint8Array): ManifestEntry {
  const reader = new ByteReader(bytes, 'manifest entry');
  const entry = readEntry(reader, new EntryContext(), false);
  if (reader.remaining > 0) throw reader.damage('bytes after the entry');
  return entry;
}
