import {
  ERROR_CODES,
  LifeboatError,
  messageOf,
  toErrorReport,
  toLifeboatError,
  type Log,
} from '@lifeboat/kernel';
import type { NextFunction, Request, Response } from 'express';

/**
 * Every error leaves as `{error: {code, message, guidance, context}}`. What is our bug keeps its text for the log:
 * a caller gets the request's id only.
 */
export function errorHandler(log: Log) {
  // Express knows an error handler by its four parameters.
  return (thrown: unknown, request: Request, response: Response, next: NextFunction): void => {
    if (response.headersSent) return next(thrown);
    const error = fromBodyParser(thrown) ?? toLifeboatError(thrown);
    const id = String(response.getHeader('x-request-id'));
    if (error.kind === 'bug') {
      log.error({ err: thrown, request: id, method: request.method, path: request.path }, 'request failed');
      response
        .status(500)
        .json({ error: { code: 'INTERNAL', message: 'internal error', context: { request: id } } });
      return;
    }
    const { retryAfterSeconds } = error.context;
    if (typeof retryAfterSeconds === 'number') response.setHeader('retry-after', String(retryAfterSeconds));
    if (error.code === 'NOT_AUTHENTICATED') response.setHeader('www-authenticate', 'Bearer');
    response.status(statusOf(thrown) ?? ERROR_CODES[error.code].http).json({ error: toErrorReport(error) });
  };
}

/** Bodies that are too large, not JSON or not readable are the caller's; express marks such errors with a 4xx status. */
function fromBodyParser(thrown: unknown): LifeboatError | undefined {
  return statusOf(thrown) === undefined
    ? undefined
    : new LifeboatError('USAGE', `the request: ${messageOf(thrown)}`);
}

function statusOf(thrown: unknown): number | undefined {
  if (typeof thrown !== 'object' || thrown === null || !('status' in thrown)) return undefined;
  const { status } = thrown;
  return typeof status === 'number' && status >= 400 && status < 500 ? status : undefined;
}
