import { randomUUID } from 'node:crypto';
import type { Clock, Log } from '@lifeboat/kernel';
import type { NextFunction, Request, Response } from 'express';
import { addressOf } from './authenticate.ts';

/** One line per request when it ends. Never headers, query or body: they hold tokens and names of documents. */
export function requestLog(log: Log, clock: Clock) {
  return (request: Request, response: Response, next: NextFunction): void => {
    const startedAt = clock.monotonic();
    const id = randomUUID();
    response.setHeader('x-request-id', id);
    const { method, path } = request;
    response.on('close', () => {
      const facts = {
        request: id,
        method,
        path,
        address: addressOf(request),
        status: response.statusCode,
        finished: response.writableFinished,
        caller: response.locals['caller'] as string | undefined,
        millis: Math.round(clock.monotonic() - startedAt),
      };
      log.info(facts, 'request');
    });
    next();
  };
}
