import type { ErrorReport, PackName } from '@lifeboat/kernel';
import type { PackVerdict } from './verify-pack-bytes.ts';

/**
 * What the main thread and a proof worker say to each other, about one pack at a time. The worker asks for the session
 * keys, and for the bytes where they do not lie in a file; it ends with a verdict or a failure.
 */
export type ProofRequest =
  | {
      readonly kind: 'verify';
      readonly name: PackName;
      readonly file: string | undefined;
      readonly idKey: Uint8Array;
    }
  | { readonly kind: 'answer'; readonly ask: number; readonly value: Uint8Array | number }
  | { readonly kind: 'refusal'; readonly ask: number; readonly error: ErrorReport };

export type ProofReply =
  | { readonly kind: 'ask'; readonly ask: number; readonly question: ProofQuestion }
  | { readonly kind: 'verdict'; readonly verdict: PackVerdict }
  | { readonly kind: 'failure'; readonly error: ErrorReport };

export type ProofQuestion =
  | { readonly what: 'session-key'; readonly keyId: string }
  | { readonly what: 'bytes'; readonly offset: number; readonly length: number }
  | { readonly what: 'size' };
