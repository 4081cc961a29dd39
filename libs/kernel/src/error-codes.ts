/**
 * The registry of everything that can go wrong, by stable code.
 *
 * `kind` keeps three things apart: a `bug` is ours, a `breach` is the other side (or outside bytes) not keeping
 * its contract, a `failure` is an expected trouble of the world. `exit` is the exit code of the operator's
 * commands (design: fixed outside contracts), `http` the status of the console API. Codes are never re-used.
 */
export const ERROR_CODES = {
  INTERNAL: { kind: 'bug', exit: 1, http: 500 },
  USAGE: { kind: 'failure', exit: 2, http: 400 },
  NOT_AUTHENTICATED: { kind: 'failure', exit: 4, http: 401 },
  NOT_AUTHORISED: { kind: 'failure', exit: 4, http: 403 },
  NOT_FOUND: { kind: 'failure', exit: 5, http: 404 },
  CONFLICT: { kind: 'failure', exit: 6, http: 409 },
  UNREACHABLE: { kind: 'failure', exit: 7, http: 503 },
  CANCELLED: { kind: 'failure', exit: 1, http: 409 },
  DEADLINE: { kind: 'failure', exit: 1, http: 504 },
  INTERRUPTED: { kind: 'failure', exit: 1, http: 503 },
  // identity
  TOKEN_INVALID: { kind: 'failure', exit: 4, http: 401 },
  TOKEN_EXPIRED: { kind: 'failure', exit: 4, http: 401 },
  TOKEN_USED: { kind: 'failure', exit: 4, http: 401 },
  CERTIFICATE_REVOKED: { kind: 'failure', exit: 4, http: 403 },
  CERTIFICATE_UNKNOWN_CA: { kind: 'failure', exit: 4, http: 403 },
  STATE_CLONED: { kind: 'failure', exit: 4, http: 403 },
  FOREIGN_CLUSTER: { kind: 'failure', exit: 4, http: 403 },
  RATE_LIMITED: { kind: 'failure', exit: 1, http: 429 },
  // wire
  PROTOCOL_BREACH: { kind: 'breach', exit: 1, http: 400 },
  PROTOCOL_VERSION: { kind: 'breach', exit: 1, http: 400 },
  // vault and its format
  FORMAT_DAMAGED: { kind: 'breach', exit: 1, http: 500 },
  FORMAT_UNSUPPORTED: { kind: 'breach', exit: 1, http: 500 },
  DECRYPTION_FAILED: { kind: 'breach', exit: 1, http: 500 },
  SIGNATURE_INVALID: { kind: 'breach', exit: 1, http: 500 },
  KEY_MISSING: { kind: 'failure', exit: 1, http: 500 },
  KEY_EXPOSED: { kind: 'failure', exit: 4, http: 500 },
  BLOB_NOT_FOUND: { kind: 'failure', exit: 5, http: 404 },
  BLOB_EXISTS: { kind: 'failure', exit: 6, http: 409 },
  VAULT_FULL: { kind: 'failure', exit: 1, http: 507 },
  VAULT_UNREACHABLE: { kind: 'failure', exit: 7, http: 502 },
  VAULT_REFUSED: { kind: 'failure', exit: 4, http: 502 },
  VAULT_OWNED_BY_ANOTHER: { kind: 'failure', exit: 6, http: 409 },
  CHUNK_MISSING: { kind: 'failure', exit: 1, http: 500 },
  CLOSURE_BROKEN: { kind: 'failure', exit: 1, http: 500 },
  // file trees
  ROOT_NOT_FOUND: { kind: 'failure', exit: 5, http: 404 },
  ROOT_NOT_ALLOWED: { kind: 'failure', exit: 4, http: 403 },
  PATH_UNSAFE: { kind: 'breach', exit: 1, http: 400 },
  FILE_UNREADABLE: { kind: 'failure', exit: 1, http: 500 },
  NO_SPACE: { kind: 'failure', exit: 1, http: 507 },
  VERIFY_MISMATCH: { kind: 'failure', exit: 1, http: 500 },
  // databases
  DATABASE_UNREACHABLE: { kind: 'failure', exit: 7, http: 502 },
  DATABASE_AUTHENTICATION: { kind: 'failure', exit: 4, http: 502 },
  DATABASE_GRANTS: { kind: 'failure', exit: 4, http: 502 },
  DATABASE_CLIENT_TOO_OLD: { kind: 'failure', exit: 1, http: 502 },
  DATABASE_CLIENT_MISSING: { kind: 'failure', exit: 1, http: 502 },
  DATABASE_OF_ANOTHER: { kind: 'failure', exit: 1, http: 409 },
  DATABASE_DUMP_FAILED: { kind: 'failure', exit: 1, http: 502 },
  DATABASE_DUMP_INCOMPLETE: { kind: 'breach', exit: 1, http: 502 },
  DATABASE_LOAD_FAILED: { kind: 'failure', exit: 1, http: 502 },
  DATABASE_SWITCH_FAILED: { kind: 'failure', exit: 1, http: 502 },
  // sets and restores
  SET_RUNNING: { kind: 'failure', exit: 6, http: 409 },
  RESTORE_RUNNING: { kind: 'failure', exit: 6, http: 409 },
  NODE_OFFLINE: { kind: 'failure', exit: 1, http: 409 },
  NODE_LOST: { kind: 'failure', exit: 1, http: 502 },
  PIN_UNCLEAN: { kind: 'failure', exit: 1, http: 500 },
  PLAN_STALE: { kind: 'failure', exit: 6, http: 409 },
  RESTORE_REFUSED: { kind: 'failure', exit: 4, http: 403 },
  NOT_QUIESCED: { kind: 'failure', exit: 1, http: 409 },
  ACTION_FAILED: { kind: 'failure', exit: 1, http: 502 },
  HEALTH_FAILED: { kind: 'failure', exit: 1, http: 502 },
  KEPT_CHANGED: { kind: 'failure', exit: 1, http: 409 },
  IN_DOUBT: { kind: 'failure', exit: 1, http: 409 },
  NEEDS_OPERATOR: { kind: 'failure', exit: 1, http: 409 },
} as const satisfies Record<string, ErrorCodeFacts>;

export interface ErrorCodeFacts {
  readonly kind: 'bug' | 'breach' | 'failure';
  /** Exit code of the operator's commands. */
  readonly exit: number;
  /** Status of the console API. */
  readonly http: number;
}

export type ErrorCode = keyof typeof ERROR_CODES;

export function isErrorCode(text: string): text is ErrorCode {
  return Object.hasOwn(ERROR_CODES, text);
}
