import { invariant, LifeboatError } from '@lifeboat/kernel';
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

/** The name in a line ``USE `name`;``. Throws FORMAT_DAMAGED when it has another form. */
export function usedSchema(line: string): string {
  const name = /^USE `((?:[^`]|``)+)`;\s*$/.exec(line)?.[1];
  if (name !== undefined) return name.replaceAll('``', '`');
  throw new LifeboatError('FORMAT_DAMAGED', 'the dump has a USE of an unknown form');
}

const COLUMN = /^ {2}`((?:[^`]|``)+)` /;
const POSITION = /^-- CHANGE (?:MASTER|REPLICATION SOURCE) TO \w+_LOG_FILE='([^']+)', \w+_LOG_POS=(\d+);/;

/** One table of a dump; `schema` as the dump calls it, empty in a dump of one schema, which does not name it. */
export interface DumpedTable {
  readonly schema: string;
  readonly table: string;
  readonly columns: string[];
  rows: number;
}

/** Understands a mariadb-dump or mysqldump script as it passes by: objects, rows of each table, DXP rows, its end. */
export class SqlDumpParser implements SqlSink {
  readonly dxpRows = new DxpRowCollector();
  rows = 0;
  /** `file:offset` in the binary log, when the client was asked for it. */
  position: string | null = null;
  /** Called at the first table: by then the client has opened its snapshot. */
  onFirstTable: (() => void) | undefined;

  readonly #scanner = new SqlScanner(this);
  readonly #tables = new Map<string, DumpedTable>();
  #defaultSchema: string | undefined;
  #schema = '';
  readonly #counts = { views: 0, triggers: 0, routines: 0, events: 0, sequences: 0 };
  #complete = false;
  #creating: string[] | undefined;
  #statementBegins = true;
  #into: DumpedTable | undefined;
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
    return { tables: this.#tables.size, ...this.#counts, largeObjects: 0, rules: 0 };
  }

  get tables(): Iterable<DumpedTable> {
    return this.#tables.values();
  }

  /** Tables of other schemas than the first as `schema.table`. */
  get rowsByTable(): Map<string, number> {
    const named = [...this.#tables.values()].map(({ schema, table, rows }): [string, number] => [
      schema === (this.#defaultSchema ?? '') ? table : `${schema}.${table}`,
      rows,
    ]);
    return new Map(named);
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
    else if (text.startsWith('USE `')) this.#use(text);
    else if (text.startsWith('-- ')) this.#comment(text);
  }

  #createTable(text: string): void {
    const name = /^CREATE TABLE `((?:[^`]|``)+)` /.exec(text)?.[1]?.replaceAll('``', '`');
    if (name === undefined)
      throw new LifeboatError('FORMAT_DAMAGED', 'the dump has a CREATE TABLE of an unknown form');
    this.#creating = this.#tableNamed(name).columns;
    this.#creating.length = 0;
  }

  #use(text: string): void {
    this.#schema = usedSchema(text);
    this.#defaultSchema ??= this.#schema;
  }

  #tableNamed(table: string): DumpedTable {
    const key = `${this.#schema}\0${table}`;
    const known = this.#tables.get(key);
    if (known !== undefined) return known;
    const added = { schema: this.#schema, table, columns: [], rows: 0 };
    this.#tables.set(key, added);
    return added;
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
    this.#into = this.#tableNamed(table);
    this.#rowColumns = columns?.map((name) => name.toLowerCase()) ?? this.#into.columns;
    if (!isDxpTable(table)) return 'none';
    return holdsFiles(table) ? 'ends' : 'whole';
  }

  row(bytes: Buffer): void {
    const { schema, table } = this.#target();
    const values = insertValues(bytes.toString('utf8'));
    const columns = this.#rowColumns;
    if (values.length !== columns.length) {
      throw new LifeboatError('FORMAT_DAMAGED', `a row of ${table} has ${values.length} values`);
    }
    this.dxpRows.add(schema, table, columns, values);
  }

  values(): void {}

  inserted(rows: number): void {
    this.rows += rows;
    this.#target().rows += rows;
  }

  #target(): DumpedTable {
    invariant(this.#into !== undefined, 'rows follow the header of their INSERT');
    return this.#into;
  }
}
