import type { DocumentRow } from './document-row.ts';
import { NumberColumn } from './number-column.ts';
import { TextHeap } from './text-heap.ts';

/** What many rows have in common is kept once. */
type Place = Pick<DocumentRow, 'companyId' | 'groupId' | 'folderId' | 'repositoryId'>;
type Kind = Pick<DocumentRow, 'version' | 'status' | 'ctCollectionId'>;

/** Document rows in little memory, in the order they came: about 100 bytes each, outside of JavaScript's heap. */
export class DocumentRows implements Iterable<DocumentRow> {
  readonly #places = new Shared<Place>();
  readonly #kinds = new Shared<Kind>();
  readonly #texts = new TextHeap();
  readonly #place = new NumberColumn(Uint32Array);
  readonly #kind = new NumberColumn(Uint32Array);
  readonly #size = new NumberColumn(Float64Array);
  readonly #text = new NumberColumn(Float64Array);

  static from(rows: Iterable<DocumentRow>): DocumentRows {
    const list = new DocumentRows();
    for (const row of rows) list.add(row);
    return list;
  }

  get length(): number {
    return this.#size.length;
  }

  add(row: DocumentRow): void {
    const { companyId, groupId, folderId, repositoryId, version, status, ctCollectionId } = row;
    const place = `${companyId}/${groupId}/${folderId}/${repositoryId}`;
    this.#place.push(this.#places.number(place, () => ({ companyId, groupId, folderId, repositoryId })));
    const kind = `${version}/${status}/${ctCollectionId}`;
    this.#kind.push(this.#kinds.number(kind, () => ({ version, status, ctCollectionId })));
    this.#size.push(row.size);
    this.#text.push(this.#texts.add(row.name, row.storeUUID, row.title));
  }

  *[Symbol.iterator](): Generator<DocumentRow> {
    for (let at = 0; at < this.length; at += 1) {
      const { companyId, groupId, folderId, repositoryId } = this.#places.value(this.#place.at(at));
      const { version, status, ctCollectionId } = this.#kinds.value(this.#kind.at(at));
      const [name = '', storeUUID = '', title = ''] = this.#texts.read(this.#text.at(at), 3);
      const size = this.#size.at(at);
      // One literal, so that rows read here look alike to the engine, and like any other row.
      yield {
        companyId,
        groupId,
        folderId,
        repositoryId,
        name,
        version,
        storeUUID,
        size,
        title,
        status,
        ctCollectionId,
      };
    }
  }
}

/** Values by number, each kept once. */
class Shared<T> {
  readonly #numbers = new Map<string, number>();
  readonly #values: T[] = [];

  number(key: string, make: () => T): number {
    const known = this.#numbers.get(key);
    if (known !== undefined) return known;
    this.#numbers.set(key, this.#values.length);
    return this.#values.push(make()) - 1;
  }

  value(number: number): T {
    return this.#values[number]!;
  }
}
