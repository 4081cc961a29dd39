import { z } from 'zod';
import type { Role } from './schemas/role.ts';

/** One operation of the console API: what the server serves, the client calls and OpenAPI describes. */
export interface Route<
  Params extends z.ZodObject = z.ZodObject,
  Query extends z.ZodObject = z.ZodObject,
  Body extends z.ZodType = z.ZodType,
  Response extends z.ZodType = z.ZodType,
  Needed extends Role | 'none' = Role | 'none',
> {
  readonly method: 'get' | 'put' | 'post';
  /** Below `/api/v1`, with `:name` parameters. */
  readonly path: string;
  readonly summary: string;
  /** The weakest role that may call it; `none` = the request proves itself (join). */
  readonly role: Needed;
  /** Changes something: takes an `Idempotency-Key` and leaves an audit row. */
  readonly mutating: boolean;
  /** The answer holds a secret: it is never kept for a repeated `Idempotency-Key`. */
  readonly secret: boolean;
  /** Status of success. */
  readonly status: 200 | 201 | 202;
  readonly params: Params;
  readonly query: Query;
  readonly body: Body;
  readonly response: Response;
  /** What the parts of a request must agree on. @throws LifeboatError USAGE */
  readonly check: (params: z.output<Params>, body: z.output<Body>) => void;
}

const nothing = z.strictObject({});
type Nothing = typeof nothing;

interface Given<
  Params extends z.ZodObject,
  Query extends z.ZodObject,
  Body extends z.ZodType,
  Response extends z.ZodType,
  Needed extends Role | 'none',
> {
  readonly path: string;
  readonly summary: string;
  readonly role: Needed;
  readonly secret?: boolean;
  readonly status?: 200 | 201 | 202;
  readonly params?: Params;
  readonly query?: Query;
  readonly body?: Body;
  readonly response: Response;
  readonly check?: (params: z.output<Params>, body: z.output<Body>) => void;
}

/** Fills in what a route leaves out: nothing in params, query and body; 200; mutating unless it is a GET. */
function define(method: Route['method']) {
  return <
    Response extends z.ZodType,
    Needed extends Role | 'none',
    Params extends z.ZodObject = Nothing,
    Query extends z.ZodObject = Nothing,
    Body extends z.ZodType = Nothing,
  >(
    given: Given<Params, Query, Body, Response, Needed>,
  ): Route<Params, Query, Body, Response, Needed> => ({
    method,
    path: given.path,
    summary: given.summary,
    role: given.role,
    mutating: method !== 'get',
    secret: given.secret ?? false,
    status: given.status ?? 200,
    params: given.params ?? (nothing as unknown as Params),
    query: given.query ?? (nothing as unknown as Query),
    body: given.body ?? (nothing as unknown as Body),
    response: given.response,
    check: given.check ?? (() => undefined),
  });
}

export const get = define('get');
export const put = define('put');
export const post = define('post');
