import { systemCodeOf } from '@lifeboat/kernel';
import { QUARANTINE } from '../../layout.ts';
import type { VaultParts } from '../../parts.ts';

const MOST_OF_A_NAME = 1000;

/**
 * A copy of the blob under `quarantine/<its name>`, durable when it resolves; the copy's name. Repeating it changes
 * nothing, and another damage of the same name later gets a name of its own. The blob itself stays: who is done with
 * what depends on it deletes it.
 */
export async function copyToQuarantine({ store }: Pick<VaultParts, 'store'>, blob: string): Promise<string> {
  const bytes = await store.get(blob);
  for (let number = 1; number < MOST_OF_A_NAME; number += 1) {
    const name = `${QUARANTINE}${blob}${number === 1 ? '' : `.${number}`}`;
    try {
      await store.put(name, bytes);
      return name;
    } catch (thrown) {
      if (systemCodeOf(thrown) !== 'BLOB_EXISTS') throw thrown;
      if ((await store.get(name)).equals(bytes)) return name;
    }
  }
  throw new Error(`the quarantine holds ${MOST_OF_A_NAME} blobs named ${blob}`);
}

/** Names of what the quarantine holds of a blob. */
export async function* quarantinedOf(
  { store }: Pick<VaultParts, 'store'>,
  blob: string,
): AsyncGenerator<string> {
  for await (const { name } of store.list(QUARANTINE + blob)) yield name;
}
