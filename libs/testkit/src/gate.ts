/** Holds code at a chosen place until the test has looked around. */
export interface Gate {
  /** Called by the code under test: waits until the gate is open. */
  pass(): Promise<void>;
  /** Resolves when someone stands before the closed gate (or has passed). */
  readonly reached: Promise<void>;
  open(): void;
}

export function gate(): Gate {
  const reached = Promise.withResolvers<void>();
  const opened = Promise.withResolvers<void>();
  return {
    pass() {
      reached.resolve();
      return opened.promise;
    },
    reached: reached.promise,
    open: () => opened.resolve(),
  };
}
