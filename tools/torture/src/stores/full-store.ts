import type { BlobSource } from '@lifeboat/blob-store';
import { LifeboatError } from '@lifeboat/kernel';
import { WrappedStore } from './wrapped-store.ts';

/** A store on a disk that is full while one says so. */
export class FullStore extends WrappedStore {
  isFull = false;

  override async put(name: string, source: BlobSource): Promise<void> {
    if (this.isFull) throw new LifeboatError('VAULT_FULL', 'no space left, says the test');
    await super.put(name, source);
  }
}
