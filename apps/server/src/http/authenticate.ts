import type { Role } from '@lifeboat/console-api';
import { allows } from '@lifeboat/identity';
import { LifeboatError } from '@lifeboat/kernel';
import type { Request } from 'express';
import type { RateLimiter } from './rate-limiter.ts';
import type { Caller, ServerServices } from './server-services.ts';

const BEARER = /^Bearer ([\x21-\x7e]{1,512})$/i;

/**
 * Who is asking. Failed attempts are counted per address; an address over its limit is refused before its token is
 * looked at.
 * @throws LifeboatError NOT_AUTHENTICATED, RATE_LIMITED
 */
export async function authenticate(
  request: Request,
  services: Pick<ServerServices, 'authenticate'>,
  failures: RateLimiter,
): Promise<Caller> {
  const address = addressOf(request);
  failures.assertBelowLimit(address);
  const token = BEARER.exec(request.headers.authorization ?? '')?.[1];
  const caller = token === undefined ? undefined : await services.authenticate(token);
  if (caller) return caller;
  failures.count(address);
  throw new LifeboatError(
    'NOT_AUTHENTICATED',
    token === undefined ? 'there is no token' : 'the token is not known',
    {
      guidance: 'Give a valid token as "Authorization: Bearer …" (lifeboat: --token-file, LIFEBOAT_TOKEN).',
    },
  );
}

/** @throws LifeboatError NOT_AUTHORISED */
export function assertRole(caller: Caller, needed: Role): void {
  if (allows(caller.role, needed)) return;
  throw new LifeboatError('NOT_AUTHORISED', `${caller.name} is ${caller.role}, this needs ${needed}`, {
    guidance: 'Ask an administrator for a token with that role.',
  });
}

export function addressOf(request: Request): string {
  return request.socket.remoteAddress ?? 'unknown';
}
