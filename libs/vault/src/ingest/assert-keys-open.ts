import { LifeboatError, systemCodeOf, type ClusterId } from '@lifeboat/kernel';
import { keyIdOf } from '@lifeboat/vault-format';
import type { ClusterKeyChain } from '../cluster-key-chain.ts';

/**
 * That what a connection is about to send can be opened again: each of its session keys is wrapped to the public key of
 * an epoch that has begun. PROTOCOL_BREACH.
 */
export async function assertKeysOpen(
  keys: ClusterKeyChain,
  cluster: ClusterId,
  wrapped: readonly Uint8Array[],
): Promise<void> {
  for (const each of wrapped) {
    try {
      await keys.unwrap(cluster, keyIdOf(each).toString('hex'), each);
    } catch (thrown) {
      if (systemCodeOf(thrown) !== 'DECRYPTION_FAILED') throw thrown;
      throw new LifeboatError(
        'PROTOCOL_BREACH',
        'upload: a session key is not wrapped to this cluster’s key in any epoch that has begun',
        { guidance: 'Restart the agent: it learns the key with its next session.', cause: thrown },
      );
    }
  }
}
