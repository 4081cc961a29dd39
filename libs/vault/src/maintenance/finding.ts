import { isBreach, messageOf, systemCodeOf } from '@lifeboat/kernel';

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
    | 'record-damaged'
    | 'rows-wrong'
    | 'set-missing'
    | 'newer-release';
  /** For people: what and where. */
  readonly message: string;
}

export function finding(subject: string, kind: Finding['kind'], message: string): Finding {
  return { subject, kind, message };
}

/**
 * Damage becomes a finding of that kind, what only a newer release can read one of its own; trouble that says nothing
 * about the bytes (a disk gone, the catalog) is thrown on.
 */
export function damageFinding(subject: string, kind: Finding['kind'], thrown: unknown): Finding {
  if (!isBreach(thrown)) throw thrown;
  return finding(subject, thrown.code === 'FORMAT_UNSUPPORTED' ? 'newer-release' : kind, messageOf(thrown));
}

export function packFinding(name: string, thrown: unknown): Finding {
  return systemCodeOf(thrown) === 'BLOB_NOT_FOUND'
    ? finding(name, 'pack-missing', 'it is not in the vault')
    : damageFinding(name, 'pack-damaged', thrown);
}

/** Each once: what two looks at one blob found alike. That it is gone they put in words of their own. */
export function withoutRepeats(findings: readonly Finding[]): Finding[] {
  const told = new Map<string, Finding>();
  for (const each of findings) {
    const { kind, subject, message } = each;
    const key = kind === 'pack-missing' ? `${kind} ${subject}` : `${kind} ${subject} ${message}`;
    if (!told.has(key)) told.set(key, each);
  }
  return [...told.values()];
}
