import pg from 'pg';

/** Takes every row out of a catalog and begins to number anew: quicker by far than another database. */
export async function emptyCatalog(url: string): Promise<void> {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  try {
    const { rows } = await client.query<{ name: string }>(
      `select format('%I', tablename) as name from pg_tables where schemaname = 'public' and tablename not like 'schema_migrations%'`,
    );
    await client.query(`truncate ${rows.map(({ name }) => name).join(', ')} restart identity cascade`);
  } finally {
    await client.end();
  }
}
