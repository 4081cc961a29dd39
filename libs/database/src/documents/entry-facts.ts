import { TextHeap } from '@lifeboat/dxp';

/** What a document version needs of its entry. */
export interface EntryFact {
  readonly name: string;
  readonly title: string;
}

/** Names and titles of document entries, by schema, publication and id, in little memory. */
export class EntryFacts {
  readonly #texts = new TextHeap();
  readonly #tables = new Map<string, Map<number | string, number>>();

  add(schema: string, id: string, ctCollectionId: string, name: string, title: string): void {
    const key = tableOf(schema, ctCollectionId);
    let table = this.#tables.get(key);
    if (table === undefined) this.#tables.set(key, (table = new Map()));
    table.set(keyOf(id), this.#texts.add(name, title));
  }

  /** The publication's own copy first, else production's. */
  find(schema: string, id: string, ctCollectionId: string): EntryFact | undefined {
    const key = keyOf(id);
    const own = this.#tables.get(tableOf(schema, ctCollectionId))?.get(key);
    const position = own ?? this.#tables.get(tableOf(schema, '0'))?.get(key);
    if (position === undefined) return undefined;
    const [name = '', title = ''] = this.#texts.read(position, 2);
    return { name, title };
  }
}

function tableOf(schema: string, ctCollectionId: string): string {
  return `${schema}/${ctCollectionId}`;
}

/** Numbers take a third of the memory of their texts; beyond 2^53 they are not exact. */
function keyOf(id: string): number | string {
  const number = Number(id);
  return Number.isSafeInteger(number) && String(number) === id ? number : id;
}
