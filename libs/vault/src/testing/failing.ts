import type { BlobStore } from '@lifeboat/blob-store';

type When = 'before' | 'after';

/** What breaks at the next call, as a kill would: before it did anything, or after it was done and nobody heard. */
export interface Faults {
  wrapStore(store: BlobStore): BlobStore;
  breakStore(method: 'put' | 'delete', when: When): void;
  /** Of an object, or, of a class's prototype, of each of its objects. */
  breakMethod<T extends object>(target: T, method: keyof T, when: When): void;
  mend(): void;
}

export function failing(): Faults {
  let mends: (() => void)[] = [];
  let store: BlobStore | undefined;
  const breakMethod: Faults['breakMethod'] = (target, method, when) => {
    const held = Object.getOwnPropertyDescriptor(target, method);
    const work = target[method] as (...given: unknown[]) => unknown;
    const broken = async function (this: object, ...given: unknown[]): Promise<never> {
      if (when === 'after') await work.apply(this, given);
      throw new Error('killed');
    };
    Object.defineProperty(target, method, { value: broken, configurable: true });
    mends.push(() => {
      if (held === undefined) delete (target as Record<PropertyKey, unknown>)[method];
      else Object.defineProperty(target, method, held);
    });
  };
  return {
    wrapStore: (inner) => {
      store = Object.create(inner) as BlobStore;
      for (const method of ['put', 'get', 'read', 'size', 'list', 'delete', 'stream', 'fileOf'] as const) {
        const work = inner[method] as ((...given: unknown[]) => unknown) | undefined;
        if (work !== undefined)
          Object.defineProperty(store, method, { value: work.bind(inner), configurable: true });
      }
      return store;
    },
    breakStore: (method, when) => breakMethod(store!, method, when),
    breakMethod,
    mend: () => {
      mends.forEach((each) => each());
      mends = [];
    },
  };
}
