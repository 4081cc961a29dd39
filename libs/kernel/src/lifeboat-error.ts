import { ERROR_CODES, isErrorCode, type ErrorCode } from './error-codes.ts';

export interface LifeboatErrorOptions {
  /** What the operator can do about it, one or two sentences. */
  readonly guidance?: string | undefined;
  readonly cause?: unknown;
  /** Facts worth logging and showing; never a secret. */
  readonly context?: Readonly<Record<string, unknown>> | undefined;
}

/**
 * The one error type that crosses boundaries (process, wire, API): a stable code, what happened, what to do, the
 * cause. Whether it is a bug, a breach or an expected failure follows from the code (`ERROR_CODES`).
 */
export class LifeboatError extends Error {
  override readonly name = 'LifeboatError';
  readonly code: ErrorCode;
  readonly guidance: string | undefined;
  readonly context: Readonly<Record<string, unknown>>;

  constructor(code: ErrorCode, message: string, options: LifeboatErrorOptions = {}) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.code = code;
    this.guidance = options.guidance;
    this.context = options.context ?? {};
  }

  get kind(): 'bug' | 'breach' | 'failure' {
    return ERROR_CODES[this.code].kind;
  }
}

/** Structural rather than `instanceof`: copies of this module may live in several realms (tests, workers). */
export function isLifeboatError(value: unknown): value is LifeboatError {
  return (
    typeof value === 'object' &&
    value !== null &&
    (value as { name?: unknown }).name === 'LifeboatError' &&
    isErrorCode(String((value as { code?: unknown }).code))
  );
}

/** The peer's, or the bytes': neither our bug nor a failure that was to be expected. */
export function isBreach(thrown: unknown): thrown is LifeboatError {
  return isLifeboatError(thrown) && thrown.kind === 'breach';
}

/** Anything thrown as a LifeboatError; what is not one already is our bug, with the original as its cause. */
export function toLifeboatError(thrown: unknown, code: ErrorCode = 'INTERNAL'): LifeboatError {
  return isLifeboatError(thrown) ? thrown : new LifeboatError(code, messageOf(thrown), { cause: thrown });
}

export function messageOf(thrown: unknown): string {
  if (typeof thrown === 'object' && thrown !== null && 'message' in thrown) return String(thrown.message);
  return String(thrown);
}

/** `ENOENT`, `EACCES`, SQLSTATE…: the `code` of a system or driver error, if it has one. */
export function systemCodeOf(thrown: unknown): string | undefined {
  if (typeof thrown !== 'object' || thrown === null || !('code' in thrown)) return undefined;
  return typeof thrown.code === 'string' ? thrown.code : undefined;
}

/** The shape in which an error crosses a process boundary. */
export interface ErrorReport {
  readonly code: ErrorCode;
  readonly message: string;
  readonly guidance?: string;
  readonly context?: Readonly<Record<string, unknown>>;
}

export function toErrorReport(thrown: unknown): ErrorReport {
  const error = toLifeboatError(thrown);
  return {
    code: error.code,
    message: error.message,
    ...(error.guidance === undefined ? {} : { guidance: error.guidance }),
    ...(Object.keys(error.context).length === 0 ? {} : { context: error.context }),
  };
}

/** An unknown code (a newer peer) keeps its message and becomes INTERNAL. */
export function fromErrorReport(report: {
  code: string;
  message: string;
  guidance?: string | undefined;
}): LifeboatError {
  const code = isErrorCode(report.code) ? report.code : 'INTERNAL';
  return new LifeboatError(code, report.message, { guidance: report.guidance });
}
