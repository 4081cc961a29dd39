import type { StatementDocuments } from './statement.ts';

/** Expected paths of everything that has no bytes of its own, or the wrong ones: documents and images. */
export function lossesOf(
  documents: Pick<StatementDocuments, 'missing' | 'sizeMismatch' | 'outsideStore' | 'images'>,
): string[] {
  const { missing, sizeMismatch, outsideStore = [], images } = documents;
  return [
    ...[...missing, ...sizeMismatch, ...outsideStore].map((document) => document.expectedPath),
    ...images.missing,
    ...(images.sizeMismatch ?? []),
  ];
}
