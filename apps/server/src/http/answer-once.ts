import { createHash } from 'node:crypto';
import type { Route, RouteName } from '@lifeboat/console-api';
import { LifeboatError } from '@lifeboat/kernel';
import type { ServerServices } from './server-services.ts';

const KEY = /^[\x21-\x7e]{1,128}$/;

export interface Answered {
  readonly answer: unknown;
  /** The work was done earlier, under the same key. */
  readonly repeated: boolean;
}

/** @throws LifeboatError USAGE when the header is there and cannot be a key */
export function idempotencyKeyOf(header: string | undefined): string | undefined {
  if (header === undefined || KEY.test(header)) return header;
  throw new LifeboatError('USAGE', 'the Idempotency-Key must be 1 to 128 visible ASCII characters');
}

/**
 * Does the work of a mutating call once per (principal, key); without a key it is simply done.
 * @throws LifeboatError CONFLICT when the key was used for another request, or its answer held a secret
 */
export async function answerOnce(
  services: Pick<ServerServices, 'once'>,
  call: {
    readonly name: RouteName;
    readonly route: Route;
    readonly request: unknown;
    readonly principal: string;
    readonly key: string | undefined;
  },
  work: () => Promise<unknown>,
): Promise<Answered> {
  if (call.key === undefined) return { answer: await work(), repeated: false };
  const request = fingerprint(call.name, call.request);
  // An object rather than a variable: the compiler cannot see that `once` runs the closure.
  const own: { done: boolean; answer: unknown } = { done: false, answer: undefined };
  const kept = await services.once(call.principal, call.key, async () => {
    own.answer = await work();
    own.done = true;
    return { request, answer: call.route.secret ? null : own.answer };
  });
  if (own.done) return { answer: own.answer, repeated: false };
  if (kept.request !== request) {
    throw new LifeboatError('CONFLICT', 'this Idempotency-Key was used for another request', {
      guidance: 'Use a new key for a new request.',
    });
  }
  if (call.route.secret) {
    throw new LifeboatError(
      'CONFLICT',
      'this request was answered before; its answer is a secret and not kept',
      {
        guidance: 'Ask again with a new Idempotency-Key.',
      },
    );
  }
  return { answer: kept.answer, repeated: true };
}

function fingerprint(name: RouteName, request: unknown): string {
  return createHash('sha256')
    .update(JSON.stringify([name, request]))
    .digest('hex');
}
