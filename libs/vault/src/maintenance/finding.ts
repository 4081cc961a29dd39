import { isLifeboatError, messageOf, systemCodeOf } from '@lifeboat/kernel';

/** Something that a look at the vault found wrong. */
export interface Finding {
  /** Name of the pack, set document, record or node. */
  readonly subject: string;
  /** A stable word for scripts. */
  readonly kind:
    | 'pack-missing'
    | 'pack-damaged'
    | 'pack-unknown'
    | 'chunk-damaged'
    /** A node sent bytes that are not what it said. */
    | 'node-suspect'
    | 'set-damaged'
    | 'set-chain-broken'
    | 'closure-broken'
    | 'record-damaged';
  /** For people: what and where. */
  readonly message: string;
}

export function finding(subject: string, kind: Finding['kind'], message: string): Finding {
  return { subject, kind, message };
}

/** Damage becomes a finding; trouble that says nothing about the pack (a disk gone, the catalog) is thrown on. */
export function asFinding(name: string, thrown: unknown): Finding {
  if (systemCodeOf(thrown) === 'BLOB_NOT_FOUND')
    return finding(name, 'pack-missing', 'it is not in the vault');
  if (!isLifeboatError(thrown) || thrown.kind !== 'breach') throw thrown;
  return finding(name, 'pack-damaged', messageOf(thrown));
}
