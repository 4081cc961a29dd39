import type { Migration } from 'kysely/migration';
import { first } from './0001-first.ts';

/** Every step the schema has ever taken, oldest first. Append only: a released one is never edited. */
export const MIGRATIONS: Readonly<Record<string, Migration>> = {
  '0001-first': first,
};
