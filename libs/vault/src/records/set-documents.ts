import { createHash } from 'node:crypto';
import type { BlobStore } from '@lifeboat/blob-store';
import type { SetDocument } from '@lifeboat/model';
import { LifeboatError, systemCodeOf, type ClusterId } from '@lifeboat/kernel';
import { canonicalJson, openRecord, sealRecord } from '@lifeboat/vault-format';
import { clusterOfSetBlob, setBlob, setBlobPrefix, setOfSetBlob, SETS } from '../layout.ts';
import type { ReadParts, VaultParts } from '../parts.ts';
import { assertOwner } from './owner.ts';

const KIND = 'set';
const NONCE = /"nonce":"([A-Za-z0-9+/=]{16})"/;
const NONCE_LENGTH = 12;

export interface StoredSetDocument {
  readonly name: string;
  /** Lower-case hex SHA-256 of the stored bytes: what the next set names as `previous`. */
  readonly hash: string;
}

/**
 * The commit point of a set. Repeating it with the same document gives the first one's name and hash; another set
 * under the same sequence is CONFLICT. VAULT_OWNED_BY_ANOTHER when the vault was taken over meanwhile.
 */
export async function putSetDocument(parts: VaultParts, document: SetDocument): Promise<StoredSetDocument> {
  const cluster = document.cluster.id as ClusterId;
  const name = setBlob(cluster, document.sequence, document.set);
  await assertOwner(parts.store, parts.instance);
  for await (const other of parts.store.list(setBlobPrefix(cluster, document.sequence))) {
    if (other.name !== name) {
      throw new LifeboatError(
        'CONFLICT',
        `sequence ${document.sequence} of cluster ${document.cluster.name} is taken by another set`,
        { guidance: 'Run "lifeboat vault reindex": it adopts the set, which the catalog does not know.' },
      );
    }
  }
  const { documentKey } = parts.keyRing.clusterKeys(cluster, document.keyEpoch);
  const keys = { documentKey, nonce: parts.random(12) };
  const bytes = sealRecord(KIND, document, keys, parts.keyRing.signer, { vault: parts.id, name });
  try {
    await parts.store.put(name, bytes);
    return { name, hash: hashOf(bytes) };
  } catch (thrown) {
    if (systemCodeOf(thrown) !== 'BLOB_EXISTS') throw thrown;
    return adoptSame(parts, name, document);
  }
}

/** Asked for by its very name: a listing may not show yet what is there. */
export async function findSetDocument(
  parts: VaultParts,
  cluster: ClusterId,
  sequence: number,
  set: string,
): Promise<SetDocument | undefined> {
  const name = setBlob(cluster, sequence, set);
  if ((await parts.store.size(name)) === undefined) return undefined;
  return (await readSetDocument(parts, name)).document;
}

/**
 * The bytes of a document as they were put, made again from its content and the nonce that `remains` of it still tell;
 * undefined when they do not come out with that hash. Nothing is sealed anew: only what was written once is given back.
 */
export function sealAgain(
  parts: ReadParts,
  name: string,
  document: SetDocument,
  hash: string,
  remains: Buffer,
): Buffer | undefined {
  const nonce = Buffer.from(NONCE.exec(remains.toString('latin1'))?.[1] ?? '', 'base64');
  if (nonce.length !== NONCE_LENGTH) return undefined;
  const { documentKey } = parts.keyRing.clusterKeys(document.cluster.id as ClusterId, document.keyEpoch);
  const binding = { vault: parts.id, name };
  const bytes = sealRecord(KIND, document, { documentKey, nonce }, parts.keyRing.signer, binding);
  return hashOf(bytes) === hash ? bytes : undefined;
}

async function adoptSame(parts: VaultParts, name: string, document: SetDocument): Promise<StoredSetDocument> {
  const stored = await readSetDocument(parts, name);
  if (canonicalJson(stored.document) !== canonicalJson(document)) {
    throw new LifeboatError('CONFLICT', `set ${document.set} was sealed before with another content`);
  }
  return { name, hash: stored.hash };
}

/** SIGNATURE_INVALID, DECRYPTION_FAILED, FORMAT_DAMAGED, BLOB_NOT_FOUND. */
export async function readSetDocument(
  parts: ReadParts,
  name: string,
): Promise<{ document: SetDocument; hash: string }> {
  const cluster = clusterOfSetBlob(name);
  if (cluster === undefined)
    throw new LifeboatError('NOT_FOUND', `${JSON.stringify(name)} names no set document`);
  const bytes = await parts.store.get(name);
  const { publicKey } = parts.keyRing.signer;
  const { plain, epoch } = await parts.keys.withAny(cluster, ({ documentKey, epoch }) => ({
    plain: openRecord(bytes, KIND, documentKey, publicKey, { vault: parts.id, name }),
    epoch,
  }));
  return { document: checked(plain, name, cluster, epoch), hash: hashOf(bytes) };
}

/** Names of set documents, also of sets whose deletion has begun and is not finished. */
export async function* listSetBlobs(store: BlobStore): AsyncGenerator<string> {
  for await (const { name } of store.list(SETS)) if (clusterOfSetBlob(name) !== undefined) yield name;
}

/** Names of the documents of sets that are not deleted. */
export async function* listSetDocuments(
  store: BlobStore,
  deletions: ReadonlyMap<string, unknown>,
): AsyncGenerator<string> {
  for await (const name of listSetBlobs(store)) if (!deletions.has(setOfSetBlob(name)!)) yield name;
}

/** The signature vouches for who wrote it; this is a look at whether it lies where it belongs. */
function checked(plain: unknown, name: string, cluster: ClusterId, epoch: number): SetDocument {
  const document = plain as SetDocument;
  if (document?.cluster?.id !== cluster || setBlob(cluster, document.sequence, document.set) !== name) {
    throw new LifeboatError('FORMAT_DAMAGED', `the set document ${name} is that of another set`);
  }
  if (document.keyEpoch !== epoch) {
    throw new LifeboatError(
      'FORMAT_DAMAGED',
      `the set document ${name} names key epoch ${document.keyEpoch} and is sealed in epoch ${epoch}`,
    );
  }
  return document;
}

export function hashOf(bytes: Buffer): string {
  return createHash('sha256').update(bytes).digest('hex');
}
