import type { KeyRotation } from '@lifeboat/console-api';
import type { Services } from '@lifeboat/coordination';

import type { AgentHub } from '../agents/agent-hub.ts';

export interface RotateKeysOptions {
  readonly services: Pick<Services, 'vault' | 'keyRing'>;
  readonly hub: Pick<AgentHub, 'endSessions'>;
  /** Where the secrets of all key epochs lie. */
  readonly keyFile: string;
  readonly onBegun: (keyEpoch: number) => void;
}

/**
 * Begins the next key epoch. Agents hear of it by their next session, so each session is ended; commands and uploads that are
 * under way go on, and what they seal opens with the keys of the epoch before.
 */
export async function rotateKeys({
  services,
  hub,
  keyFile,
  onBegun,
}: RotateKeysOptions): Promise<KeyRotation> {
  const keyEpoch = await services.vault.rotateKeys(keyFile);
  onBegun(keyEpoch);
  hub.endSessions();
  return { keyEpoch, keyFile, fingerprint: services.keyRing.fingerprint };
}
