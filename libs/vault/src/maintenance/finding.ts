/** Something that a look at the vault found wrong. */
export interface Finding {
  /** Name of the pack, set document or record. */
  readonly subject: string;
  /** A stable word for scripts. */
  readonly kind:
    | 'pack-missing'
    | 'pack-damaged'
    | 'pack-unknown'
    | 'chunk-damaged'
    | 'set-damaged'
    | 'set-chain-broken'
    | 'closure-broken'
    | 'record-damaged';
  /** For people: what and where. */
  readonly message: string;
}
