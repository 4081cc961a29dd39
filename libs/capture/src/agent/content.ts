import { asBuffer, CHUNK_ID_LENGTH } from '@lifeboat/kernel';
import type { ContentPart } from '@lifeboat/vault-format';
import { HOLE, type FileFacts, type OfferedChunks, type Parts } from './worker-messages.ts';

/** Content of a file, its metadata at that time, and whether it held still. */
export interface FileContent {
  facts: FileFacts;
  content: ContentPart[];
  length: number;
  changedWhileRead: boolean;
}

/** A worker's (index, length) pairs as a manifest's content. */
export function contentOf(parts: Parts, offered: OfferedChunks): ContentPart[] {
  const ids = asBuffer(offered.ids);
  const content: ContentPart[] = [];
  for (let at = 0; at < parts.length; at += 2) {
    const index = parts[at] as number;
    const length = parts[at + 1] as number;
    if (index === HOLE) appendHole(content, length);
    else
      content.push({ chunk: ids.subarray(index * CHUNK_ID_LENGTH, (index + 1) * CHUNK_ID_LENGTH), length });
  }
  return content;
}

/** Appends the content of a file's next part; holes that meet become one. */
export function appendContent(content: ContentPart[], next: readonly ContentPart[]): void {
  for (const part of next) {
    if ('hole' in part) appendHole(content, part.hole);
    else content.push(part);
  }
}

function appendHole(content: ContentPart[], length: number): void {
  const last = content.at(-1);
  if (last !== undefined && 'hole' in last) last.hole += length;
  else content.push({ hole: length });
}
