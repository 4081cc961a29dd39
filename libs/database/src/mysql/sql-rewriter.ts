import { Transform, type TransformCallback } from 'node:stream';
import { LifeboatError } from '@lifeboat/kernel';
import { renameSchemas } from './rename-schemas.ts';
import { bodyKind, usedSchema } from './sql-dump-parser.ts';
import { identifier } from './mysql-session.ts';
import { SqlScanner, type RowInterest, type SqlSink } from './sql-scanner.ts';

const DEFINER = /DEFINER=(`(?:[^`]|``)*`@`(?:[^`]|``)*`)/;
const EVENT_ENABLED = /( ON COMPLETION (?:NOT )?PRESERVE) ENABLE/;

export interface RewriteOptions {
  /** `` `user`@`host` `` of the loading account when it may set no other definer. */
  readonly onlyDefiner: string | undefined;
  /** The staged name of a schema that the dump names; the first is the default schema. */
  readonly stagedName: (schema: string, isDefault: boolean) => string;
}

const CREATE_SCHEMA = /^(CREATE DATABASE .*?)`((?:[^`]|``)+)`/;

/**
 * A dump's text made fit for a staged schema: events must not run before the switch, so an enabled one is loaded
 * as DISABLE ON SLAVE (the switch enables those); a definer that this account may not set becomes the account.
 */
export class SqlRewriter extends Transform implements SqlSink {
  /** How many definers were replaced. */
  definersReplaced = 0;
  readonly #scanner = new SqlScanner(this);
  readonly #options: RewriteOptions;
  /** Staged names by those in the dump; empty when it names none. */
  readonly schemas = new Map<string, string>();
  #statementBegins = true;

  constructor(options: RewriteOptions) {
    super({ readableHighWaterMark: 1 << 20, writableHighWaterMark: 1 << 20 });
    this.#options = options;
  }

  override _transform(chunk: Buffer, _encoding: BufferEncoding, done: TransformCallback): void {
    try {
      this.#scanner.push(chunk);
      done();
    } catch (thrown) {
      done(thrown as Error);
    }
  }

  override _flush(done: TransformCallback): void {
    try {
      this.#scanner.finish();
      done();
    } catch (thrown) {
      done(thrown as Error);
    }
  }

  line(line: Buffer, body: boolean): void {
    const begins = !body || this.#statementBegins;
    this.#statementBegins = !body || /;;\s*$/.test(line.toString('latin1', Math.max(0, line.length - 8)));
    const head = begins ? line.toString('latin1', 0, 64) : '';
    const kind = body && begins ? bodyKind(head) : undefined;
    if (!body && /^(?:USE|CREATE DATABASE)\b/i.test(head)) {
      this.push(this.#schemaLine(line.toString()));
    } else if (!body && head.startsWith('/*!50001 VIEW ') && this.schemas.size > 0) {
      this.push(renameSchemas(line.toString(), this.schemas));
    } else {
      const view = !body && head.startsWith('/*!50013 DEFINER=');
      this.push(kind === undefined && !view ? Buffer.from(line) : this.#rewritten(line, kind === 'event'));
    }
  }

  /** Whatever schema a dump names, only staged ones are written to. */
  #schemaLine(line: string): string {
    if (line.startsWith('USE ')) return `USE ${identifier(this.#stagedName(usedSchema(line)))};\n`;
    const parts = CREATE_SCHEMA.exec(line);
    if (parts === null)
      throw new LifeboatError('FORMAT_DAMAGED', 'the dump has a CREATE DATABASE of an unknown form');
    const [found, before = '', name = ''] = parts;
    return before + identifier(this.#stagedName(name.replaceAll('``', '`'))) + line.slice(found.length);
  }

  #stagedName(schema: string): string {
    const name = this.schemas.get(schema) ?? this.#options.stagedName(schema, this.schemas.size === 0);
    this.schemas.set(schema, name);
    return name;
  }

  /** latin1 keeps every byte as it is, whatever the text's encoding. */
  #rewritten(line: Buffer, event: boolean): Buffer {
    let text = line.toString('latin1');
    const definer = DEFINER.exec(text)?.[1];
    const { onlyDefiner } = this.#options;
    if (onlyDefiner !== undefined && definer !== undefined && definer !== onlyDefiner) {
      text = text.replace(DEFINER, 'DEFINER=CURRENT_USER');
      this.definersReplaced += 1;
    }
    if (event) text = text.replace(EVENT_ENABLED, '$1 DISABLE ON SLAVE');
    return Buffer.from(text, 'latin1');
  }

  insert(_table: string, _columns: readonly string[] | undefined, header: Buffer): RowInterest {
    this.push(Buffer.from(header));
    return 'none';
  }

  values(bytes: Buffer): void {
    this.push(Buffer.from(bytes));
  }

  row(): void {}

  inserted(): void {}
}
