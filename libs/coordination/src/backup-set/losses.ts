import type { StatementDocuments } from '@lifeboat/model';

/** Expected paths of everything that has no bytes of its own, or the wrong ones: documents and images. */
export function lossesOf(
  documents: Pick<StatementDocuments, 'missing' | 'sizeMismatch' | 'images'>,
): string[] {
  const { missing, sizeMismatch, images } = documents;
  return [...[...missing, ...sizeMismatch].map((document) => document.expectedPath), ...images.missing];
}
