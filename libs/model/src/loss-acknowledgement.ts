/**
 * That somebody takes note of what a sealed set lost, and why it is accepted, as written into the vault. Later sets
 * that lose the same count it as known, until one of them has the bytes again.
 */
export interface LossAcknowledgement {
  readonly version: 1;
  readonly set: string;
  readonly cluster: { readonly id: string; readonly name: string };
  readonly sequence: number;
  /** Expected paths, as the set's statement lists them. */
  readonly losses: readonly string[];
  readonly acknowledgedAt: string;
  readonly acknowledgedBy: string;
  readonly reason: string;
}
