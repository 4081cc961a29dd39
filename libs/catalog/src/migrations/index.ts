import type { Migration } from 'kysely/migration';
import { first } from './0001-first.ts';
import { deletedSets } from './0002-deleted-sets.ts';
import { tombstones } from './0003-tombstones.ts';
import { coveringKey } from './0004-covering-key.ts';
import { triedProofs } from './0005-tried-proofs.ts';
import { replicated } from './0006-replicated.ts';
import { acknowledgedLosses } from './0012-acknowledged-losses.ts';

/** Every step the schema has ever taken, oldest first. Append only: a released one is never edited. */
export const MIGRATIONS: Readonly<Record<string, Migration>> = {
  '0001-first': first,
  '0002-deleted-sets': deletedSets,
  '0003-tombstones': tombstones,
  '0004-covering-key': coveringKey,
  '0005-tried-proofs': triedProofs,
  '0006-replicated': replicated,
  '0012-acknowledged-losses': acknowledgedLosses,
};
