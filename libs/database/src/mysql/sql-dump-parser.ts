import { LifeboatError } from '@lifeboat/kernel';
import { DxpRowCollector, holdsFiles, isDxpTable } from '../documents/dxp-row-collector.ts';
import type { ObjectCounts } from '../object-counts.ts';
import { insertValues } from './insert-values.ts';
import { SqlScanner, type RowInterest, type SqlSink } from './sql-scanner.ts';

export type BodyKind = 'trigger' | 'event' | 'routine';

/** What a statement in a `DELIMITER ;;` region defines, by its first line; undefined for SET and DROP. */
export function bodyKind(line: string): BodyKind | undefined {
  if (/^\/\*!50106 CREATE\*\//.test(line)) return 'event';
  if (/^\/\*!\d+ CREATE\*\/ \/\*!50020 /.test(line)) return 'routine';
  if (/^\/\*!50003 CREATE\*\//.test(line)) return 'trigger';
  return /^CREATE /.test(line) ? 'routine' : undefined;
}

const COLUMN = /^ {2}`((?:[^`]|``)+)` /;
const POSITION = /^-- CHANGE (?:MASTER|REPLICATION SOURCE) TO \w+_LOG_FILE='([^']+)', \w+_LOG_POS=(\d+);/;

/** Understands a mariadb-dump or mysqldump script as it passes by: objects, rows of each table, DXP rows, its end. */
export class SqlDumpParser implements SqlSink {
  readonly rowsByTable = new Map<string, number>();
  readonly dxpRows = new DxpRowCollector();
  rows = 0;
  /** `file:offset` in the binary log, when the client was asked for it. */
  position: string | null = null;
  /** Called at the first table: by then the client has opened its snapshot. */
  onFirstTable: (() => void) | undefined;

  readonly #scanner = new SqlScanner(this);
  readonly #columns = new Map<string, string[]>();
  readonly #counts = { views: 0, triggers: 0, routines: 0, events: 0, sequences: 0 };
  #complete = false;
  #creating: string[] | undefined;
  #statementBegins = true;
  #table = '';
  #rowColumns: readonly string[] = [];

  push(chunk: Buffer): void {
    this.#scanner.push(chunk);
  }

  /** Throws DATABASE_DUMP_INCOMPLETE unless the client's closing line was seen. */
  finish(): void {
    this.#scanner.finish();
    if (this.#complete) return;
    throw new LifeboatError('DATABASE_DUMP_INCOMPLETE', 'the dump lacks its closing line "Dump completed"', {
      guidance: 'take the dump again; the client must not run with --compact or --skip-comments',
    });
  }

  counts(): ObjectCounts {
    return { tables: this.rowsByTable.size, ...this.#counts, largeObjects: 0, rules: 0 };
  }

  line(line: Buffer, body: boolean): void {
    if (body) this.#bodyLine(line);
    else this.#plainLine(line);
  }

  #bodyLine(line: Buffer): void {
    if (this.#statementBegins) {
      const kind = bodyKind(line.toString('utf8', 0, 256));
      if (kind !== undefined) this.#counts[`${kind}s`] += 1;
    }
    this.#statementBegins = /;;\s*$/.test(line.toString('latin1', Math.max(0, line.length - 8)));
  }

  #plainLine(line: Buffer): void {
    this.#statementBegins = true;
    const text = line.toString('utf8', 0, 512);
    if (this.#creating !== undefined) {
      const column = COLUMN.exec(text)?.[1];
      if (column !== undefined) this.#creating.push(column.replaceAll('``', '`').toLowerCase());
      else this.#creating = undefined;
      return;
    }
    if (text.startsWith('CREATE TABLE `')) this.#createTable(text);
    else if (text.startsWith('CREATE SEQUENCE `')) this.#counts.sequences += 1;
    else if (text.startsWith('-- ')) this.#comment(text);
  }

  #createTable(text: string): void {
    const name = /^CREATE TABLE `((?:[^`]|``)+)` /.exec(text)?.[1]?.replaceAll('``', '`');
    if (name === undefined)
      throw new LifeboatError('FORMAT_DAMAGED', 'the dump has a CREATE TABLE of an unknown form');
    this.#creating = [];
    this.#columns.set(name, this.#creating);
    this.rowsByTable.set(name, 0);
  }

  #comment(text: string): void {
    if (text.startsWith('-- Table structure for table ')) {
      this.onFirstTable?.();
      this.onFirstTable = undefined;
    } else if (text.startsWith('-- Final view structure for view ')) {
      this.#counts.views += 1;
    } else if (text.startsWith('-- Dump completed')) {
      this.#complete = true;
    } else {
      const position = POSITION.exec(text);
      if (position !== null) this.position = `${position[1]}:${position[2]}`;
    }
  }

  insert(table: string, columns: readonly string[] | undefined): RowInterest {
    this.#table = table;
    this.#rowColumns = columns?.map((name) => name.toLowerCase()) ?? this.#columns.get(table) ?? [];
    if (!isDxpTable(table)) return 'none';
    return holdsFiles(table) ? 'ends' : 'whole';
  }

  row(bytes: Buffer): void {
    const values = insertValues(bytes.toString('utf8'));
    const columns = this.#rowColumns;
    if (values.length !== columns.length) {
      throw new LifeboatError('FORMAT_DAMAGED', `a row of ${this.#table} has ${values.length} values`);
    }
    this.dxpRows.add('', this.#table, columns, values);
  }

  values(): void {}

  inserted(rows: number): void {
    this.rows += rows;
    this.rowsByTable.set(this.#table, (this.rowsByTable.get(this.#table) ?? 0) + rows);
  }
}
