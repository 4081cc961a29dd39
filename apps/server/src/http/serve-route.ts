import { createHash } from 'node:crypto';
import { describeIssues, ROUTES, type JoinRequest, type Route, type RouteName } from '@lifeboat/console-api';
import { ERROR_CODES, LifeboatError, toLifeboatError } from '@lifeboat/kernel';
import type { Request, Response } from 'express';
import { answerOnce, idempotencyKeyOf, type Answered } from './answer-once.ts';
import { auditDone, auditNotDone, type AuditedCall } from './audit-record.ts';
import { addressOf, assertRole, authenticate } from './authenticate.ts';
import type { RateLimiter } from './rate-limiter.ts';
import { readRequest, type ParsedRequest } from './read-request.ts';
import type { Caller, ServerServices } from './server-services.ts';

export interface RouteLimits {
  readonly failedAuthentication: RateLimiter;
  readonly join: RateLimiter;
}

/**
 * One route, always in this order: who → may they → is it well-formed → the work, once → audit → answer.
 * Every mutating call and every refusal leaves an audit row, whatever way it ends.
 */
export function serveRoute(name: RouteName, services: ServerServices, limits: RouteLimits) {
  const route: Route = ROUTES[name];
  return async (request: Request, response: Response): Promise<void> => {
    const call = auditedCall(name, request);
    const { answer, repeated } = await orAudited(services, route, call, async () => {
      const caller = await letIn(route, request, services, limits);
      call.principal = caller.name;
      response.locals['caller'] = caller.name;
      if (route.role !== 'none') assertRole(caller, route.role);
      const parsed = await readRequest(route, request, response);
      return answerRequest(name, route, caller, parsed, request.get('idempotency-key'), services);
    });
    if (route.mutating) await services.audit(auditDone(call, answer, repeated));
    response.status(route.status).json(answer);
  };
}

function auditedCall(action: RouteName, request: Request): AuditedCall & { principal: string } {
  return { principal: 'unauthenticated', action, params: request.params, address: addressOf(request) };
}

/** A joining node has no name yet: the token in its request is its proof, judged by the work. */
async function letIn(
  route: Route,
  request: Request,
  services: ServerServices,
  limits: RouteLimits,
): Promise<Caller> {
  if (route.role !== 'none') return authenticate(request, services, limits.failedAuthentication);
  limits.join.assertBelowLimit(addressOf(request));
  limits.join.count(addressOf(request));
  return { name: 'join', role: 'viewer' };
}

async function answerRequest(
  name: RouteName,
  route: Route,
  caller: Caller,
  parsed: ParsedRequest,
  keyHeader: string | undefined,
  services: ServerServices,
): Promise<Answered> {
  const work = async () => promisedAnswer(name, route, await routeWork(name, services)(caller, parsed));
  if (!route.mutating) return { answer: await work(), repeated: false };
  const principal = route.role === 'none' ? joinPrincipal(parsed.body as JoinRequest) : caller.name;
  const key = idempotencyKeyOf(keyHeader);
  return answerOnce(services, { name, route, request: parsed, principal, key }, work);
}

/** The work behind a route, with the types that ROUTES has already tied to its name. */
function routeWork(name: RouteName, services: ServerServices) {
  const work = services.routes[name] as (...given: unknown[]) => Promise<unknown>;
  return (caller: Caller, request: ParsedRequest): Promise<unknown> =>
    ROUTES[name].role === 'none'
      ? work.call(services.routes, request)
      : work.call(services.routes, caller, request);
}

/** Only what the API promises leaves: a field that is not in the schema (a hash, a password) is cut off here. */
function promisedAnswer(name: RouteName, route: Route, answer: unknown): unknown {
  const promised = route.response.safeParse(answer);
  if (promised.success) return promised.data;
  const problems = describeIssues(promised.error.issues);
  throw new LifeboatError('INTERNAL', `the answer of ${name} breaks its schema: ${problems.join('; ')}`);
}

/** Two joins are the same caller's when they hold the same token; the token itself is not kept. */
function joinPrincipal(body: JoinRequest): string {
  return `join:${createHash('sha256').update(body.token).digest('hex').slice(0, 32)}`;
}

async function orAudited<Result>(
  services: ServerServices,
  route: Route,
  call: AuditedCall,
  work: () => Promise<Result>,
): Promise<Result> {
  try {
    return await work();
  } catch (thrown) {
    if (deservesAudit(route, thrown)) await services.audit(auditNotDone(call, thrown));
    throw thrown;
  }
}

/** Not what the rate limit turned away: there the row would be the attack. */
function deservesAudit(route: Route, thrown: unknown): boolean {
  const { code } = toLifeboatError(thrown);
  const { http } = ERROR_CODES[code];
  return code !== 'RATE_LIMITED' && (route.mutating || http === 401 || http === 403);
}
