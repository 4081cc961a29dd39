/** Limits of one upload (PROTOCOL.md); beyond them it is a breach. */
export const UPLOAD_LIMITS = {
  /** Frame bytes an agent may have sent and not yet got acknowledged. */
  windowBytes: 32 * 1024 * 1024,
  framesBytes: 8 * 1024 * 1024,
  offeredChunks: 4096,
  unansweredOffers: 64,
  keys: 64,
  wrappedKeyBytes: 1024,
} as const;
