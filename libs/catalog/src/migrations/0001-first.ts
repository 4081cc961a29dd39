import { sql, type Kysely } from 'kysely';
import type { Migration } from 'kysely/migration';

/** One statement per table, in an order in which each refers only to tables above it. */
const TABLES = [
  `create table clusters (
     id uuid primary key,
     name text not null unique,
     definition json not null,
     created_at timestamptz not null default now(),
     key_epoch integer not null default 1 check (key_epoch >= 1),
     next_sequence integer not null default 1 check (next_sequence >= 1)
   )`,

  `create table nodes (
     cluster uuid not null references clusters,
     id uuid not null,
     name text not null,
     state text not null check (state in ('joined', 'revoked')),
     serial text,
     previous_serial text,
     previous_serial_until timestamptz,
     machine_id text,
     certificate_not_after timestamptz,
     last_seen_at timestamptz,
     agent_version text,
     joined_at timestamptz not null default now(),
     primary key (cluster, id),
     unique (cluster, name)
   )`,

  `create table join_tokens (
     hash bytea primary key,
     cluster uuid not null references clusters,
     node text not null,
     created_at timestamptz not null default now(),
     expires_at timestamptz not null,
     used_at timestamptz
   )`,

  `create table principals (
     id uuid primary key,
     name text not null unique,
     role text not null check (role in ('viewer', 'operator', 'admin')),
     token_hash bytea not null unique,
     created_at timestamptz not null default now()
   )`,

  // What cannot be rebuilt from the vault may name clusters and sets that are gone: no foreign keys here.
  `create table audit (
     id bigint primary key,
     at timestamptz not null,
     principal text not null,
     action text not null,
     cluster uuid,
     subject text,
     outcome text not null,
     detail text,
     previous bytea not null,
     hash bytea not null
   )`,

  `create table packs (
     id bigint generated always as identity primary key,
     cluster uuid not null references clusters,
     file text,
     name text unique,
     bytes bigint,
     opened_at timestamptz not null default now(),
     closed_at timestamptz,
     proved_at timestamptz,
     poisoned_at timestamptz,
     poison_reason text,
     check ((name is null) = (closed_at is null)),
     check ((name is null) = (file is not null)),
     check ((name is null) = (bytes is null))
   )`,
  `create index packs_open on packs (cluster) where closed_at is null`,
  `create index packs_unproved on packs (id) where closed_at is not null and proved_at is null`,

  // One row per sender: a node's unproved copy must neither stand for, nor replace, another node's.
  // The largest table by far (a row per file or MiB kept): columns ordered so that none is padded, and no foreign
  // key on pack, whose check would cost more than the insert. A row without its pack counts for nothing.
  `create table chunks (
     pack bigint not null,
     "offset" integer not null,
     length integer not null,
     raw_length integer not null,
     type smallint not null,
     poisoned boolean not null default false,
     cluster uuid not null,
     sender uuid not null,
     id bytea not null check (length(id) = 33),
     primary key (cluster, id, sender)
   )`,
  `create index chunks_pack on chunks (pack)`,

  `create table sets (
     id uuid primary key,
     cluster uuid not null references clusters,
     state text not null,
     sequence integer,
     guarantee text,
     requested_at timestamptz not null default now(),
     requested_by text not null,
     idempotency_key text,
     sealed_at timestamptz,
     proved_at timestamptz,
     failure json,
     progress json,
     figures json,
     document json,
     document_name text,
     document_hash text,
     unique (cluster, sequence),
     unique (cluster, idempotency_key),
     check ((sequence is null) = (document is null)),
     check ((sequence is null) = (document_hash is null))
   )`,
  `create index sets_requested on sets (cluster, requested_at desc)`,

  `create table plans (
     id uuid primary key,
     cluster uuid not null references clusters,
     set uuid not null,
     plan json not null,
     created_at timestamptz not null default now()
   )`,

  `create table restores (
     id uuid primary key,
     plan uuid not null references plans,
     cluster uuid not null references clusters,
     set uuid not null,
     state text not null,
     requested_at timestamptz not null default now(),
     requested_by text not null,
     finished_at timestamptz,
     decision json,
     progress json,
     figures json,
     failure json
   )`,
  `create index restores_requested on restores (cluster, requested_at desc)`,

  `create table restore_steps (
     restore uuid not null references restores,
     number bigint generated always as identity,
     at timestamptz not null default clock_timestamp(),
     step text not null,
     detail json,
     primary key (restore, number)
   )`,

  `create table leases (
     name text primary key,
     owner text not null,
     epoch bigint not null,
     expires_at timestamptz not null
   )`,

  `create table idempotency_keys (
     principal text not null,
     key text not null,
     fingerprint text,
     claim uuid,
     claimed_until timestamptz,
     result json,
     done boolean not null default false,
     created_at timestamptz not null default now(),
     primary key (principal, key)
   )`,
  `create index idempotency_keys_claim on idempotency_keys (claim) where claim is not null`,
];

export const first: Migration = {
  async up(database: Kysely<unknown>): Promise<void> {
    for (const statement of TABLES) await sql.raw(statement).execute(database);
  },
};
