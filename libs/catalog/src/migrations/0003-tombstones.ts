import { sql, type Kysely } from 'kysely';
import type { Migration } from 'kysely/migration';

/** What prune needs: an order of events, marks of death on chunks, and what nodes may build upon. */
const STATEMENTS = [
  // What happened before what, for whoever must not trust a clock.
  `create sequence event_order`,
  `alter table sets add column began bigint not null default nextval('event_order'), add column deleted bigint`,
  `update sets set deleted = nextval('event_order') where deleted_at is not null`,
  `alter table restores add column began bigint not null default nextval('event_order')`,

  // began: everything sealed or asked for before is known to its marks. swept: all its tombstones were there before.
  `create table prunes (
     id integer generated always as identity primary key,
     began bigint not null,
     began_at timestamptz not null,
     swept bigint,
     swept_at timestamptz,
     ended_at timestamptz,
     figures json,
     failure json,
     check ((swept is null) = (swept_at is null))
   )`,
  // The prune that found no set needs the chunk; 0: none. Fits where rows were padded, so that they do not grow.
  `alter table chunks add column tombstone integer not null default 0`,

  // Manifest roots that a node may name as its previous: "have" of one promises all that it names.
  `create table bases (
     cluster uuid not null references clusters,
     root bytea not null check (length(root) = 33),
     touched bigint not null default nextval('event_order'),
     primary key (cluster, root)
   )`,
  `insert into bases (cluster, root) select distinct cluster, id from chunks where type = 3`,

  // Blobs of packs that no row tells of.
  `create table orphans (
     name text primary key,
     prune integer not null references prunes
   )`,
];

export const tombstones: Migration = {
  async up(database: Kysely<unknown>): Promise<void> {
    for (const statement of STATEMENTS) await sql.raw(statement).execute(database);
  },
};
