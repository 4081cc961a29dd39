/** A change to a file tree or to the catalog, in the order in which they were begun. */
export type TraceEvent = { failed?: true } & (
  | { readonly kind: 'create'; readonly path: string; readonly file: number }
  | { readonly kind: 'link'; readonly path: string; readonly file: number }
  | { readonly kind: 'unlink'; readonly path: string }
  | { readonly kind: 'mkdir'; readonly path: string }
  | { readonly kind: 'write'; readonly file: number; readonly offset: number; readonly bytes: Buffer }
  | { readonly kind: 'truncate'; readonly file: number; readonly length: number }
  /** It has ended; what was begun before `from` is on stable storage. */
  | { readonly kind: 'sync'; readonly file: number; readonly from: number }
  | { readonly kind: 'sync directory'; readonly path: string; readonly from: number }
  /** By the disk itself: at once, for good, and nobody is told. */
  | { readonly kind: 'rotted'; readonly file: number; readonly offset: number; readonly bytes: Buffer }
  | { readonly kind: 'lost'; readonly path: string }
  | { readonly kind: 'catalog'; readonly change: CatalogChange }
  | { readonly kind: 'catalog done'; readonly change: CatalogChange }
  | { readonly kind: 'promise'; readonly promise: VaultPromise }
);

/** A call that writes to the catalog; `session` is the connection of the prune that goes on. */
export interface CatalogChange {
  readonly store: 'clusters' | 'packs' | 'chunks' | 'sets' | 'prunes' | 'replicas' | 'session';
  readonly method: string;
  readonly args: readonly unknown[];
}

type Files = Readonly<Record<string, Buffer>>;

/** What the vault has promised from here on, or is about to. */
export type VaultPromise =
  | { readonly kind: 'acknowledged'; readonly id: Buffer; readonly raw: Buffer }
  | {
      readonly kind: 'set begun';
      readonly set: string;
      readonly files: Files;
      readonly names: ReadonlySet<string>;
    }
  | { readonly kind: 'set committed'; readonly set: string }
  | { readonly kind: 'deletion begun'; readonly set: string }
  | { readonly kind: 'deletion ended'; readonly set: string }
  /** What was acknowledged before, and is in no set, may go from here on. */
  | { readonly kind: 'prune begun' }
  /** From here on there is a replica. */
  | { readonly kind: 'replica begun' }
  /** Of what was there before: `lost` may be nowhere any more, and until it is repaired nothing of `held` can be relied upon. */
  | { readonly kind: 'damage begun'; readonly held: ReadonlySet<string>; readonly lost: ReadonlySet<string> }
  /** These bytes are all that is left of the blob, and are kept. */
  | { readonly kind: 'remains'; readonly blob: string; readonly bytes: Buffer }
  /** Nothing that was damaged before costs the set anything any more. */
  | { readonly kind: 'set whole again'; readonly set: string };
