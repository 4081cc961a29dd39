import type { RouteName } from '@lifeboat/console-api';
import { ERROR_CODES, toLifeboatError } from '@lifeboat/kernel';
import type { AuditRecord } from './server-services.ts';

export interface AuditedCall {
  readonly principal: string;
  readonly action: RouteName;
  readonly params: Readonly<Record<string, unknown>>;
  readonly address: string;
}

export function auditDone(call: AuditedCall, answer: unknown, repeated: boolean): AuditRecord {
  const said = (typeof answer === 'object' && answer !== null ? answer : {}) as Record<string, unknown>;
  return {
    principal: call.principal,
    action: call.action,
    cluster: textOf(call.params['cluster'], said['cluster']),
    subject: textOf(
      said['restore'],
      said['plan'],
      said['set'],
      said['node'],
      call.params['node'],
      call.params['id'],
    ),
    outcome: 'done',
    detail: {
      address: call.address,
      ...(repeated && { repeated }),
      ...(typeof said['reason'] === 'string' && { reason: said['reason'] }),
    },
  };
}

export function auditNotDone(call: AuditedCall, thrown: unknown): AuditRecord {
  const error = toLifeboatError(thrown);
  const { http } = ERROR_CODES[error.code];
  return {
    principal: call.principal,
    action: call.action,
    cluster: textOf(call.params['cluster']),
    subject: textOf(call.params['node'], call.params['id']),
    outcome: http === 401 || http === 403 ? 'refused' : 'failed',
    // Not the message: it may quote what an unauthenticated caller sent, at any length.
    detail: { address: call.address, code: error.code },
  };
}

/** Parameters are recorded before they are validated (a refusal is): bounded. */
function textOf(...candidates: unknown[]): string | null {
  const text = candidates.find((candidate) => typeof candidate === 'string');
  return typeof text === 'string' ? text.slice(0, 128) : null;
}
