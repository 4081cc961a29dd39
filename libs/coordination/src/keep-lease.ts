import { LifeboatError, messageOf } from '@lifeboat/kernel';

import type { Services } from './services.ts';

const LEASE_SECONDS = 60;
const RENEW_MILLIS = 15_000;

export interface KeptLease {
  /** Strictly greater than that of every holder before. */
  readonly epoch: number;
  /** Aborts when the lease was lost: whoever drove by it must not go on. */
  readonly lost: AbortSignal;
  release(): Promise<void>;
}

/** One driver per cluster: takes the lease and renews it until it is released. */
export async function keepLease(services: Services, name: string): Promise<KeptLease> {
  const { catalog, owner, log } = services;
  const epoch = await catalog.leases.acquire(name, owner, LEASE_SECONDS);
  if (epoch === undefined) {
    throw new LifeboatError('CONFLICT', 'another operation runs in this cluster', {
      guidance: 'Wait until it has ended: lifeboat set list and lifeboat restore show tell what runs.',
    });
  }
  const lost = new AbortController();
  const renew = async (): Promise<void> => {
    try {
      if (!(await catalog.leases.renew(name, owner, epoch, LEASE_SECONDS))) lost.abort(overtaken());
    } catch (error) {
      // The catalog may be back before the lease runs out.
      log.warn({ lease: name, error: messageOf(error) }, 'lease not renewed');
    }
  };
  const timer = setInterval(() => void renew(), RENEW_MILLIS);
  return {
    epoch,
    lost: lost.signal,
    release: async () => {
      clearInterval(timer);
      await catalog.leases.release(name, owner, epoch);
    },
  };
}

function overtaken(): LifeboatError {
  return new LifeboatError(
    'CONFLICT',
    'this server lost the lease of the cluster: another may have taken over',
    {
      guidance: 'Look at the other servers, then start the operation again.',
    },
  );
}
