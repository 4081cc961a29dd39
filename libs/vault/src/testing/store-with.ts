import type { BlobStore } from '@lifeboat/blob-store';

type Changes = { readonly [Method in keyof BlobStore]?: BlobStore[Method] | undefined };

/** `inner` but for `changes`; a method that is changed to undefined is not there. */
export function storeWith(inner: BlobStore, changes: Changes): BlobStore {
  const get = (target: BlobStore, key: keyof BlobStore): unknown => {
    if (key in changes) return changes[key];
    const held: unknown = target[key];
    return typeof held === 'function' ? (held.bind(target) as unknown) : held;
  };
  return new Proxy(inner, { get: (target, key) => get(target, key as keyof BlobStore) });
}
