import type { Vault } from '@lifeboat/vault';
import type { ClusterId, Log, NodeId } from '@lifeboat/kernel';
import type { UploadRequest, UploadResponse } from '@lifeboat/wire';
import type { ServerCall } from '@lifeboat/rpc';
import { UploadSession, type UploadTotals } from './upload-session.ts';

export type UploadServerCall = ServerCall<UploadRequest, UploadResponse>;

export interface UploadContext {
  readonly cluster: ClusterId;
  /** Null: the server itself. */
  readonly node: NodeId | null;
  readonly vault: Vault;
  readonly log: Log;
}

/**
 * Serves one upload to its end. Rejects with what went wrong (PROTOCOL_BREACH, VAULT_FULL, CANCELLED, …); the caller
 * turns that into the call's status. What was acknowledged durable stays so, however the call ends.
 */
export function handleUpload(call: UploadServerCall, context: UploadContext): Promise<UploadTotals> {
  const session = new UploadSession(call, context);
  return session.run();
}
