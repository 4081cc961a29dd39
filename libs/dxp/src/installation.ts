import type { ApplicationServer } from './application-server.ts';
import type { ModuleFramework } from './osgi-settings.ts';
import type { SearchIndex } from './search-index.ts';

export type DocumentStoreKind =
  'file-system' | 'advanced-file-system' | 'database' | 's3' | 'gcs' | 'azure' | 'other';

/** One fact found, with its evidence, so that an operator can check where it comes from. Never a secret. */
export interface Finding {
  readonly what: string;
  readonly value: string;
  /** Line 0: the fact does not come from a line (a folder's layout, an environment variable, a default). */
  readonly from: { readonly file: string; readonly line: number };
}

export interface DxpInstallation {
  readonly liferayHome: string;
  readonly applicationServer: ApplicationServer | undefined;
  /** `path` is undefined for stores that are not a folder, or whose root is not known. */
  readonly moduleFramework: ModuleFramework;
  /** Whether the portal's process was seen: without it, variables and system properties that it has are not known. */
  readonly processSeen: boolean;
  readonly documentStore: { readonly kind: DocumentStoreKind; readonly path: string | undefined };
  readonly searchIndex: Pick<SearchIndex, 'lucenePath' | 'engines'>;
  /** As configured, secrets taken out of the URL; undefined when the portal's built-in database is in use. */
  readonly jdbc: JdbcSettings | undefined;
  /** Where the database password is written; read it with `readDatabasePassword`. */
  readonly passwordRef?: { readonly file: string; readonly line: number };
  /** Absolute paths that the portal's configuration names and that lie in none of the trees: no set holds them. */
  readonly outsidePaths: readonly OutsidePath[];
  readonly findings: readonly Finding[];
  readonly warnings: readonly string[];
}

export interface OutsidePath {
  readonly path: string;
  readonly what: string;
}

export interface JdbcSettings {
  readonly url: string;
  readonly username: string;
  readonly driver: string;
}
