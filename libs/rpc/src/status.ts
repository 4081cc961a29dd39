import { Metadata, status, type ServiceError, type StatusObject } from '@grpc/grpc-js';
import {
  fromErrorReport,
  LifeboatError,
  messageOf,
  toErrorReport,
  toLifeboatError,
  type ErrorCode,
} from '@lifeboat/kernel';

const CODE_KEY = 'lifeboat-code';
const GUIDANCE_KEY = 'lifeboat-guidance-bin';

/** How a stable code of ours reads to a generic gRPC client; everything else is UNKNOWN. */
const GRPC_STATUS: Partial<Record<ErrorCode, status>> = {
  NOT_AUTHENTICATED: status.UNAUTHENTICATED,
  CERTIFICATE_REVOKED: status.PERMISSION_DENIED,
  FOREIGN_CLUSTER: status.PERMISSION_DENIED,
  NOT_AUTHORISED: status.PERMISSION_DENIED,
  STATE_CLONED: status.PERMISSION_DENIED,
  NOT_FOUND: status.NOT_FOUND,
  CONFLICT: status.ABORTED,
  PROTOCOL_BREACH: status.INVALID_ARGUMENT,
  PROTOCOL_VERSION: status.FAILED_PRECONDITION,
  VAULT_FULL: status.RESOURCE_EXHAUSTED,
  RATE_LIMITED: status.RESOURCE_EXHAUSTED,
  CANCELLED: status.CANCELLED,
  DEADLINE: status.DEADLINE_EXCEEDED,
  UNREACHABLE: status.UNAVAILABLE,
};

/** An error as the status that ends a call; code and guidance travel as metadata, the cause stays here. */
export function toStatus(thrown: unknown): StatusObject {
  const error = toLifeboatError(thrown);
  const report = toErrorReport(error);
  const metadata = new Metadata();
  metadata.set(CODE_KEY, report.code);
  if (report.guidance !== undefined) metadata.set(GUIDANCE_KEY, Buffer.from(report.guidance));
  return { code: GRPC_STATUS[error.code] ?? status.UNKNOWN, details: report.message, metadata };
}

/** What a call ended with, as our own error; a transport failure becomes UNREACHABLE. */
export function fromStatus(thrown: unknown): LifeboatError {
  if (!isServiceError(thrown)) return toLifeboatError(thrown, 'UNREACHABLE');
  const code = thrown.metadata.get(CODE_KEY)[0];
  if (code !== undefined) {
    const guidance = thrown.metadata.get(GUIDANCE_KEY)[0];
    return fromErrorReport({ code: String(code), message: thrown.details, guidance: guidance?.toString() });
  }
  if (thrown.code === status.CANCELLED)
    return new LifeboatError('CANCELLED', 'the call was cancelled', { cause: thrown });
  // The transport's own limit: the same message would be refused again, so this is no outage to wait for.
  if (thrown.code === status.RESOURCE_EXHAUSTED)
    return new LifeboatError('PROTOCOL_BREACH', `a message was refused: ${thrown.details}`, {
      cause: thrown,
    });
  const details = thrown.details || messageOf(thrown);
  if (FOREIGN_SERVER.test(details))
    return new LifeboatError(
      'CERTIFICATE_UNKNOWN_CA',
      `the server is not the one that was joined: ${details}`,
      {
        cause: thrown,
        guidance:
          'Check the address. If it is right, somebody may be between; if the server was made anew, join again with a new token.',
      },
    );
  if (CLOCKS_DIFFER.test(details))
    return new LifeboatError(
      'UNREACHABLE',
      `the server's certificate is not valid at this time: ${details}`,
      {
        cause: thrown,
        guidance: 'Compare the clocks of this host and of the server; the agent keeps trying.',
      },
    );
  // A server that does not know our authority just closes the connection, so its refusal reads like any other.
  return new LifeboatError('UNREACHABLE', `the server cannot be reached: ${details}`, {
    cause: thrown,
    guidance:
      'Check that lifeboat-server runs, that its gRPC port is open to this host, and that this node joined that very server; the agent keeps trying.',
  });
}

/** What OpenSSL says of a certificate that our authority did not sign; grpc-js hands on nothing but this text. */
const FOREIGN_SERVER =
  /self-signed certificate|unable to verify the first certificate|unable to get (local )?issuer|certificate signature failure/i;

const CLOCKS_DIFFER = /certificate has expired|certificate is not yet valid/i;

function isServiceError(thrown: unknown): thrown is ServiceError {
  return typeof thrown === 'object' && thrown !== null && 'metadata' in thrown && 'details' in thrown;
}
