import type { BlobStore } from '@lifeboat/blob-store';

/** A second store that is to hold the same vault. */
export interface ReplicaTarget {
  readonly store: BlobStore;
  /** Where it lies, without credentials: what is marked as copied is marked for this place. */
  readonly location: string;
}
