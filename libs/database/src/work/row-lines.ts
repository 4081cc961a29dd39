import type { Readable } from 'node:stream';
import type { DocumentRow, ImageRow, StoredContent } from '@lifeboat/dxp';
import { breach, isNumber, isShaped, isText, parseJson, type Check } from './shape.ts';

/**
 * A row read by a database's client programs: of a document, of an image, of a content that a publication or DBStore
 * keeps; the id of a company or of an external repository; or how many rows a table has.
 */
export type RowLine =
  | ['document', DocumentRow]
  | ['image', ImageRow]
  | ['content', StoredContent]
  | ['store-content', StoredContent]
  | ['company', string]
  | ['external-repository', string]
  | ['table', readonly [string, number]];

const BATCH_LINES = 500;
/** Titles and names have at most a few kilobytes; a line beyond this is none of ours. */
const LONGEST_LINE = 1 << 20;
const NEWLINE = 0x0a;

const isDocument: Check<DocumentRow> = isShaped({
  companyId: isText,
  groupId: isText,
  folderId: isText,
  repositoryId: isText,
  name: isText,
  version: isText,
  storeUUID: isText,
  size: isNumber,
  title: isText,
  status: isNumber,
  ctCollectionId: isText,
});
const isImage: Check<ImageRow> = isShaped({
  imageId: isText,
  type: isText,
  companyId: isText,
  size: isNumber,
  ctCollectionId: isText,
});
const isContent: Check<StoredContent> = isShaped({
  ctCollectionId: isText,
  companyId: isText,
  repositoryId: isText,
  path: isText,
  version: isText,
  size: isNumber,
});
const isTable = (value: unknown): value is [string, number] =>
  Array.isArray(value) && isText(value[0]) && isNumber(value[1]);

/** Newline-delimited JSON, in pieces of some hundred lines. */
export async function* writeRowLines(
  lines: AsyncIterable<RowLine> | Iterable<RowLine>,
): AsyncGenerator<Buffer> {
  let batch: string[] = [];
  for await (const line of lines) {
    batch.push(`${JSON.stringify(line)}\n`);
    if (batch.length < BATCH_LINES) continue;
    yield Buffer.from(batch.join(''));
    batch = [];
  }
  if (batch.length > 0) yield Buffer.from(batch.join(''));
}

/** Throws PROTOCOL_BREACH at the first line that is not one. */
export async function* readRowLines(stream: Readable): AsyncGenerator<RowLine> {
  // Not node:readline: it also ends lines at U+2028, which a title may hold.
  let rest: Buffer = Buffer.alloc(0);
  for await (const piece of stream) {
    const bytes = Buffer.concat([rest, piece as Buffer]);
    let from = 0;
    for (let end = bytes.indexOf(NEWLINE); end !== -1; end = bytes.indexOf(NEWLINE, from)) {
      yield lineOf(bytes.toString('utf8', from, end));
      from = end + 1;
    }
    rest = bytes.subarray(from);
    if (rest.length > LONGEST_LINE) throw breach('a line of database rows', 'has no end');
  }
  if (rest.length > 0) throw breach('the last line of database rows', 'is cut off');
}

function lineOf(text: string): RowLine {
  const line = parseJson(text, 'a line of database rows');
  const [kind, row] = Array.isArray(line) ? (line as unknown[]) : [];
  if (kind === 'document' && isDocument(row)) return [kind, row];
  if (kind === 'image' && isImage(row)) return [kind, row];
  if ((kind === 'content' || kind === 'store-content') && isContent(row)) return [kind, row];
  if ((kind === 'company' || kind === 'external-repository') && isText(row)) return [kind, row];
  if (kind === 'table' && isTable(row)) return [kind, row];
  throw breach('a line of database rows', 'is of no known kind');
}
