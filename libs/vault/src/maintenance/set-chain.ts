import { invariant, messageOf, systemCodeOf } from '@lifeboat/kernel';
import type { SetDeletion, SetDocument } from '@lifeboat/model';
import { clusterOfSetBlob, sequenceOfSetBlob, setBlob } from '../layout.ts';
import { damageFinding, finding, type Finding } from './finding.ts';

/** A set's place among its cluster's: its document, or, where it was deleted, the record of that. */
export interface ChainLink {
  /** Name of the set document. */
  readonly subject: string;
  readonly cluster: string;
  readonly sequence: number;
  /** Undefined of a document that cannot be read: it has a finding of its own, and holds its place in the chain. */
  readonly ends:
    | {
        readonly hash: string;
        readonly previous: string | null;
        /** Null of a deleted one, whose record does not say it. */
        readonly keyEpoch: number | null;
      }
    | undefined;
}

export function linkOf(subject: string, document: SetDocument, hash: string): ChainLink {
  const { sequence, previous, keyEpoch } = document;
  return { subject, cluster: document.cluster.id, sequence, ends: { hash, previous, keyEpoch } };
}

/** Of a document that is damaged or gone, by what its name says. */
export function unreadableLink(subject: string): ChainLink {
  const cluster = clusterOfSetBlob(subject);
  const sequence = sequenceOfSetBlob(subject);
  invariant(
    cluster !== undefined && sequence !== undefined,
    'a set document is named by cluster and sequence',
  );
  return { subject, cluster, sequence, ends: undefined };
}

export function linksOf(deletions: ReadonlyMap<string, SetDeletion>): ChainLink[] {
  return [...deletions.values()].map(({ cluster, sequence, set, hash, previous }) => ({
    subject: setBlob(cluster.id, sequence, set),
    cluster: cluster.id,
    sequence,
    ends: { hash, previous, keyEpoch: null },
  }));
}

/** Each set names the one before it; a deleted one stands in the chain by its record. In order of name. */
export function chainFindings(links: readonly ChainLink[]): Finding[] {
  const ordered = links.toSorted((a, b) => (a.subject < b.subject ? -1 : a.subject > b.subject ? 1 : 0));
  return [
    ...ordered.flatMap((link, index) => linkFindings(link, ordered[index - 1])),
    ...epochFindings(ordered),
  ];
}

/** Key epochs never fall: a set sealed in one that was over is not the server's, but of who has stolen an old key. */
function epochFindings(ordered: readonly ChainLink[]): Finding[] {
  const newest = new Map<string, number>();
  return ordered.flatMap(({ subject, cluster, ends }) => {
    const before = newest.get(cluster) ?? 1;
    const keyEpoch = ends?.keyEpoch ?? null;
    if (keyEpoch === null || keyEpoch >= before) {
      newest.set(cluster, keyEpoch ?? before);
      return [];
    }
    const what = `it is sealed in key epoch ${keyEpoch}, a set before it in epoch ${before}`;
    return [finding(subject, 'set-chain-broken', what)];
  });
}

function linkFindings(link: ChainLink, previous: ChainLink | undefined): Finding[] {
  const before = previous?.cluster === link.cluster ? previous : undefined;
  const broken = (what: string): Finding[] => [finding(link.subject, 'set-chain-broken', what)];
  const { sequence, ends } = link;
  if (before === undefined) {
    return sequence === 1 && (ends?.previous ?? null) === null
      ? []
      : broken(`the set before sequence ${sequence} is not there`);
  }
  if (sequence !== before.sequence + 1) return broken(`sequence ${before.sequence + 1} is missing`);
  const isCertain = ends !== undefined && before.ends !== undefined;
  return isCertain && ends.previous !== before.ends.hash
    ? broken('it names another previous set than the one that is there')
    : [];
}

/** Damage becomes a finding; trouble that says nothing about the set is thrown on. */
export function setFinding(name: string, thrown: unknown): Finding {
  return systemCodeOf(thrown) === 'CLOSURE_BROKEN'
    ? finding(name, 'closure-broken', messageOf(thrown))
    : damageFinding(name, 'set-damaged', thrown);
}
