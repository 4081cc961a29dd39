/** One kind of ill-treatment. Each of its cases follows from seed and number alone, so that one can be repeated. */
export interface Suite {
  /** Runs cases from `first` on: so many, or until the signal. Ends at the first case that fails. */
  run(options: SuiteOptions): Promise<Outcome>;
}

export interface SuiteOptions {
  readonly seed: string;
  readonly first: number;
  readonly cases: number;
  readonly signal: AbortSignal;
  /** Told now and then: what was counted so far. */
  readonly onProgress?: (counts: Counts) => void;
}

/** What was done, by words for people: `cases` among them. */
export type Counts = Readonly<Record<string, number>>;

export interface Outcome {
  readonly counts: Counts;
  readonly failure?: Failure;
}

export interface Failure {
  readonly case: number;
  readonly message: string;
}
