import { isLifeboatError, messageOf, systemCodeOf } from '@lifeboat/kernel';
import type { SetDocument } from '@lifeboat/model';
import { finding, type Finding } from './finding.ts';

/** What is wrong with a set's place among its cluster's, `previous` being the set listed before it. */
export function chainFindings(
  name: string,
  document: SetDocument,
  previous: { readonly document: SetDocument; readonly hash: string } | undefined,
): Finding[] {
  const before = previous?.document.cluster.id === document.cluster.id ? previous : undefined;
  const broken = (what: string): Finding[] => [finding(name, 'set-chain-broken', what)];
  if (before === undefined) {
    return document.previous === null
      ? []
      : broken(`the set before sequence ${document.sequence} is not there`);
  }
  if (document.sequence !== before.document.sequence + 1)
    return broken(`sequence ${before.document.sequence + 1} is missing`);
  return document.previous === before.hash
    ? []
    : broken('it names another previous set than the one that is there');
}

/** Damage becomes a finding; trouble that says nothing about the set is thrown on. */
export function setFinding(name: string, thrown: unknown): Finding {
  if (systemCodeOf(thrown) === 'CLOSURE_BROKEN') return finding(name, 'closure-broken', messageOf(thrown));
  if (!isLifeboatError(thrown) || thrown.kind !== 'breach') throw thrown;
  return finding(name, 'set-damaged', messageOf(thrown));
}
