import { systemCodeOf, type ClusterId } from '@lifeboat/kernel';
import type { SetDocument } from '@lifeboat/model';
import type { VaultParts } from '../parts.ts';
import type { ClosureCheck } from '../read/closure.ts';
import { listSetDocuments, readSetDocument } from '../records/set-documents.ts';
import { deletionsOrFindings } from './deletions-or-findings.ts';
import { finding, type Finding } from './finding.ts';
import { chainFindings, linkOf, linksOf, setFinding, unreadableLink, type ChainLink } from './set-chain.ts';

interface SetVerdict {
  readonly link: ChainLink;
  readonly findings: readonly Finding[];
}

/** Every set document, whether all that it names is there, and that each names the one before it. */
export async function checkSets(
  parts: VaultParts,
  closure: ClosureCheck,
): Promise<{ count: number; findings: Finding[] }> {
  const { deletions, findings } = await deletionsOrFindings(parts);
  // The catalog helps where a listing is late, and knows what is gone.
  const names = new Set(await parts.catalog.sets.documentNames());
  for await (const name of listSetDocuments(parts.store, deletions)) names.add(name);
  const links = linksOf(deletions);
  let count = 0;
  for (const name of names) {
    const verdict = await checkSet(parts, closure, name);
    if (verdict === undefined) continue;
    count += 1;
    links.push(verdict.link);
    findings.push(...verdict.findings);
  }
  return { count, findings: [...findings, ...chainFindings(links)] };
}

/** Undefined of one that was deleted since it was listed. */
async function checkSet(
  parts: VaultParts,
  closure: ClosureCheck,
  name: string,
): Promise<SetVerdict | undefined> {
  try {
    const { document, hash } = await readSetDocument(parts, name);
    return { link: linkOf(name, document, hash), findings: await closureFindings(closure, name, document) };
  } catch (thrown) {
    if (systemCodeOf(thrown) !== 'BLOB_NOT_FOUND')
      return { link: unreadableLink(name), findings: [setFinding(name, thrown)] };
    if (!(await parts.catalog.sets.documentNames()).includes(name)) return undefined;
    const missing = finding(name, 'set-missing', 'the catalog knows it, the vault does not have it');
    return { link: unreadableLink(name), findings: [missing] };
  }
}

async function closureFindings(
  closure: ClosureCheck,
  name: string,
  { cluster, captures }: SetDocument,
): Promise<Finding[]> {
  try {
    await closure.assert(
      cluster.id as ClusterId,
      captures.map(({ root }) => Buffer.from(root, 'hex')),
    );
    return [];
  } catch (thrown) {
    return [setFinding(name, thrown)];
  }
}
