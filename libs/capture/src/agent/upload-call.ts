import type { EncodedUploadRequest, UploadRequest, UploadResponse } from '@lifeboat/wire';

/** The client half of one Upload call, as grpc-js gives it: what the agent half of capture asks of it. */
export interface UploadCall {
  /**
   * False: write no more before 'drain'. `written` is called when the request's bytes are not looked at any more; a
   * call that never does so keeps them until the server has answered.
   */
  readonly write: (request: UploadRequest | EncodedUploadRequest, written?: () => void) => boolean;
  on(event: 'data', listener: (response: UploadResponse) => void): unknown;
  on(event: 'error', listener: (error: unknown) => void): unknown;
  on(event: 'end' | 'drain', listener: () => void): unknown;
  end(): void;
  cancel(): void;
}

/** A fresh Upload stream at each call; called again after a broken one. */
export type UploadFactory = () => UploadCall;

/** What the server's welcome says about sealing for this cluster; held in memory only. */
export interface SealingContext {
  vaultId: string;
  clusterId: string;
  /** HMAC key of chunk ids, 32 bytes. */
  idKey: Buffer;
  /** Key of the gear table, 32 bytes. */
  gearKey: Buffer;
  /** X25519 public key to which session keys are wrapped, 32 bytes. */
  sealPublicKey: Buffer;
}
