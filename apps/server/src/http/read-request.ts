import { parseOrRefuse, type Route } from '@lifeboat/console-api';
import { LifeboatError } from '@lifeboat/kernel';
import express, { type Request, type Response } from 'express';

export const BODY_LIMIT = 1024 * 1024;

const parseJsonBody = express.json({ limit: BODY_LIMIT, strict: true });

export interface ParsedRequest {
  readonly params: unknown;
  readonly query: unknown;
  readonly body: unknown;
}

/**
 * Reads and validates every part. The body is read only now, after the caller was let in.
 * @throws LifeboatError USAGE naming what is wrong
 */
export async function readRequest(
  route: Route,
  request: Request,
  response: Response,
): Promise<ParsedRequest> {
  const params = parseOrRefuse(route.params, { ...request.params }, 'the address');
  const query = parseOrRefuse(route.query, { ...request.query }, 'the query');
  if (!route.mutating) return { params, query, body: {} };
  const body = parseOrRefuse(route.body, await readBody(request, response), 'the request');
  route.check(params, body);
  return { params, query, body };
}

async function readBody(request: Request, response: Response): Promise<unknown> {
  await new Promise<void>((resolve, reject) => {
    parseJsonBody(request, response, (error?: unknown) => (error === undefined ? resolve() : reject(error)));
  });
  const body: unknown = request.body;
  if (body !== undefined) return body;
  if (hasBody(request))
    throw new LifeboatError('USAGE', 'the request’s content type must be application/json');
  return {};
}

function hasBody(request: Request): boolean {
  return (
    request.headers['transfer-encoding'] !== undefined || Number(request.headers['content-length'] ?? 0) > 0
  );
}
