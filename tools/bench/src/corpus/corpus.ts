import type { Survey } from './survey.ts';

/** What is backed up; never written to. */
export interface Corpus {
  /** As the user named it. */
  readonly name: string;
  readonly trees: readonly string[];
  readonly surveys: readonly Survey[];
}
