import type { ClusterId } from '@lifeboat/kernel';
import type { Ingest } from '../ingest/ingest.ts';

/** What maintenance that writes needs of the vault that it works in. */
export interface VaultHelp {
  ingest(cluster: ClusterId): Promise<Ingest>;
  closeOpenPacks(cluster: ClusterId): Promise<void>;
  prove(): Promise<unknown>;
  /** A closure that was found once must be found again. */
  forgetClosures(): void;
}
