import { realpath } from 'node:fs/promises';
import { basename, dirname, isAbsolute, join, normalize } from 'node:path';
import { LifeboatError, systemCodeOf } from '@lifeboat/kernel';
import type { AgentPolicy } from './agent-policy.ts';

/**
 * The place a tree really has: links of what exists resolved, and inside the policy's roots (resolved the same way).
 * Throws RESTORE_REFUSED when this node does not restore, ROOT_NOT_ALLOWED when the place is not among its roots.
 */
export async function allowedRoot(policy: AgentPolicy, path: string): Promise<string> {
  assertMayRestore(policy);
  if (
    !isAbsolute(path) ||
    normalize(path).replace(/(.)\/$/, '$1') !== path.replace(/(.)\/$/, '$1') ||
    path.includes('\0')
  ) {
    throw notAllowed(path);
  }
  const place = await resolvePlace(path);
  for (const root of policy.roots) {
    const allowed = await resolvePlace(root);
    if (place === allowed || place.startsWith(allowed === '/' ? '/' : `${allowed}/`)) return place;
  }
  throw notAllowed(path);
}

/** Throws RESTORE_REFUSED when this node does not restore. */
export function assertMayRestore(policy: AgentPolicy): void {
  if (policy.mayRestore) return;
  throw new LifeboatError('RESTORE_REFUSED', 'this node does not take part in restores', {
    guidance: 'Set `mayRestore: true` in the agent.yaml of this node to allow it.',
  });
}

/** realpath of the nearest existing ancestor, and the rest as it is. */
async function resolvePlace(path: string): Promise<string> {
  const missing: string[] = [];
  for (let at = path.replace(/(.)\/+$/, '$1'); ; at = dirname(at)) {
    try {
      return join(await realpath(at), ...missing);
    } catch (error) {
      if (systemCodeOf(error) !== 'ENOENT' || at === '/') throw error;
      missing.unshift(basename(at));
    }
  }
}

function notAllowed(path: string): LifeboatError {
  return new LifeboatError(
    'ROOT_NOT_ALLOWED',
    `${JSON.stringify(path)} is not inside a root this node allows`,
    {
      guidance: 'Add its directory to `roots` in the agent.yaml of this node if it may be restored.',
    },
  );
}
