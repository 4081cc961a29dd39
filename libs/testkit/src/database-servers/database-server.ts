/** A real database server, started as a direct child of this process for tests and the quickstart. */
export interface DatabaseServer {
  readonly host: string;
  readonly port: number;
  /** An account with every right, authenticated by password over TCP. */
  readonly user: string;
  readonly password: string;
  /** Unix socket (MariaDB) or the directory that holds it (PostgreSQL). */
  readonly socket: string;
  readonly pid: number;
  /** Ends it in order; removes its directory when we made it. Safe to call twice. */
  stop(): Promise<void>;
  /** Ends it like a power cut (SIGKILL); the directory stays, so that it can be started again. */
  kill(): Promise<void>;
}

export interface DatabaseServerOptions {
  /** Directory of the data and logs; a directory used before is started again with the same password. */
  readonly dir?: string | undefined;
  /** More server arguments. */
  readonly args?: readonly string[] | undefined;
}
