/** Numbers a page. Pages are added, never copied, so that growing needs no second copy of what is there. */
const PAGE = 1 << 16;

type Page = Float64Array | Uint32Array;

/** A growing list of numbers outside of JavaScript's heap. */
export class NumberColumn {
  readonly #make: new (length: number) => Page;
  readonly #pages: Page[] = [];
  #length = 0;

  constructor(make: new (length: number) => Page) {
    this.#make = make;
  }

  get length(): number {
    return this.#length;
  }

  push(number: number): void {
    if (this.#length % PAGE === 0) this.#pages.push(new this.#make(PAGE));
    this.#pages.at(-1)![this.#length % PAGE] = number;
    this.#length += 1;
  }

  /** `index` is below `length`. */
  at(index: number): number {
    return this.#pages[Math.floor(index / PAGE)]![index % PAGE]!;
  }
}
