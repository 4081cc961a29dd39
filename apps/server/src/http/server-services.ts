import type { AnswerOf, RequestOf, Role, RouteName, ROUTES } from '@lifeboat/console-api';

/** Who is asking, proved by a token. */
export interface Caller {
  readonly name: string;
  readonly role: Role;
}

/**
 * The work behind every route of the console API, under the route's own name. Requests are already authenticated,
 * authorised and validated; answers are cut down to what the API promises. Throws LifeboatErrors: their codes decide
 * the status (NOT_FOUND, CONFLICT, SET_RUNNING…).
 * `params.id` of a set or restore is an id or a unique beginning of one: none → NOT_FOUND, several → CONFLICT
 * (`resolveReference` beside this file does it over a list).
 */
export type RouteWork = {
  readonly [Name in RouteName]: (typeof ROUTES)[Name]['role'] extends 'none'
    ? (request: RequestOf<Name>) => Promise<AnswerOf<Name>>
    : (caller: Caller, request: RequestOf<Name>) => Promise<AnswerOf<Name>>;
};

export interface AuditRecord {
  /** The caller's name; `unauthenticated`, or `join` for a node that joins. */
  readonly principal: string;
  /** The route's name. */
  readonly action: RouteName;
  /** Name of the cluster, where the request or its answer says it. */
  readonly cluster: string | null;
  /** Set, restore, plan or node it was about. */
  readonly subject: string | null;
  readonly outcome: 'done' | 'refused' | 'failed';
  readonly detail: Readonly<Record<string, unknown>>;
}

export interface Readiness {
  readonly ready: boolean;
  /** What is not ready, for people. */
  readonly problems: readonly string[];
}

/** Everything the HTTP layer asks of the server; the composition root brings it. */
export interface ServerServices {
  readonly routes: RouteWork;
  /** The principal of this token; undefined when nobody holds it. */
  authenticate(token: string): Promise<Caller | undefined>;
  /** Appends one row, durable when resolved. */
  audit(record: AuditRecord): Promise<void>;
  /**
   * Does the work once per (principal, key) and keeps its result (JSON); a repeat resolves with the kept result, a
   * repeat during the work waits or throws CONFLICT. Work that throws is not kept.
   */
  once(principal: string, key: string, work: () => Promise<KeptAnswer>): Promise<KeptAnswer>;
  ready(): Promise<Readiness>;
  /** Prometheus text. */
  metrics(): Promise<string>;
}

/** What is remembered of a mutating call: enough to answer its repeat and to notice a key used for something else. */
export interface KeptAnswer {
  /** SHA-256 (hex) of route and request. */
  readonly request: string;
  /** Null for an answer that holds a secret. */
  readonly answer: unknown;
}
