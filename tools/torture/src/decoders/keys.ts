import { KeyRing } from '@lifeboat/identity';
import { uuidToBytes, type ClusterId, type VaultId } from '@lifeboat/kernel';

/** The same keys and ids in every run: what is found follows from the seed alone. */
export const VAULT = '11111111-1111-4111-8111-111111111111' as VaultId;
export const CLUSTER = '22222222-2222-4222-8222-222222222222' as ClusterId;
export const CONTEXT = { vault: uuidToBytes(VAULT), cluster: uuidToBytes(CLUSTER) };
export const KEY_RING = KeyRing.fromRoot(Buffer.alloc(32, 0x42));
export const KEYS = KEY_RING.clusterKeys(CLUSTER);
export const SESSION_KEY = Buffer.alloc(32, 0x11);
export const WRAPPED_KEY = Buffer.alloc(80, 0x33);
