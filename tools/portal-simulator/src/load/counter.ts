import type { Database } from '../database.ts';

const BLOCK = 100;

/** Numbers from the portal's `Counter` table, taken a block at a time in a transaction of their own. */
export class Counter {
  private readonly database: Database;
  private readonly name: string;
  private free: { next: bigint; end: bigint } | undefined;
  private refilling: Promise<void> | undefined;

  constructor(database: Database, name: string) {
    this.database = database;
    this.name = name;
  }

  async next(): Promise<string> {
    while (this.free === undefined || this.free.next > this.free.end) {
      this.refilling ??= this.refill().finally(() => (this.refilling = undefined));
      await this.refilling;
    }
    return String(this.free.next++);
  }

  private async refill(): Promise<void> {
    await this.database.transaction(async (session) => {
      const [row] = await session.query(
        'select currentId as current from Counter where name = ? for update',
        [this.name],
      );
      const current = BigInt(String(row?.current ?? 0));
      await session.query('update Counter set currentId = ? where name = ?', [
        String(current + BigInt(BLOCK)),
        this.name,
      ]);
      this.free = { next: current + 1n, end: current + BigInt(BLOCK) };
    });
  }
}
