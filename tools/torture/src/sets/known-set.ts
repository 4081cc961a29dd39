/** What a set holds, as it was before it went into the vault: path to bytes. */
export interface KnownSet {
  /** Of its document. */
  readonly name: string;
  readonly files: Readonly<Record<string, Buffer>>;
}
