import { OBJECT_KINDS, type ObjectCounts } from '../object-counts.ts';
import {
  breach,
  isFlag,
  isNumber,
  isNumbersWith,
  isOneOf,
  isOptional,
  isShaped,
  isText,
  isTextOrNull,
  isTexts,
  isTextsOrNull,
  isTime,
  parseShaped,
  type Check,
  type Shape,
  type Shaped,
} from './shape.ts';

const isCounts: Check<ObjectCounts & { readonly rows: number }> = isNumbersWith(...OBJECT_KINDS, 'rows');

/** What of a cluster's definition says where the database is; the password lies on the agent's host. */
const definition = isShaped({
  kind: isOneOf('postgresql', 'mariadb', 'mysql'),
  url: isText,
  passwordFile: isOptional(isText),
});
const restored = { definition, restore: isText };

const PROBE = {
  engine: isOneOf('postgresql', 'mariadb', 'mysql'),
  database: isText,
  serverVersion: isText,
  clientVersion: isText,
  counts: isNumbersWith() as Check<ObjectCounts>,
  warnings: isTexts,
  switch: isOneOf('atomic', 'not-atomic'),
  caseMode: isOptional(isNumber),
  portal: isOptional(isShaped({ documentTables: isFlag, companies: isTextsOrNull })),
} satisfies Shape;

const LOAD_REPORT = { stagedName: isText, counts: isCounts, warnings: isTexts } satisfies Shape;

/**
 * Work of a database whose client programs run on an agent: what each kind is asked with and answers, as JSON.
 * Roots are chunk ids in hex, times ISO text. The server names pins and dumps, so that it can let go of one whose
 * answer it never got. Rows do not fit a message: they go up as a capture (`row-lines.ts`) and are named by its root.
 */
const KINDS = {
  probe: { request: { definition }, response: PROBE },
  exists: { request: { definition }, response: { exists: isFlag } },
  pin: { request: { definition, pin: isText }, response: { openedAt: isTime, position: isTextOrNull } },
  documents: { request: { pin: isText }, response: { root: isText } },
  'dump-start': { request: { pin: isText, dump: isText }, response: {} },
  /** `root` null: the rows of the pin are the dump's own. */
  'second-look': { request: { dump: isText }, response: { root: isTextOrNull } },
  'dump-finish': {
    request: { dump: isText },
    response: {
      /** A CaptureResult of the agent protocol in its JSON form. */
      capture: isShaped({}),
      /** Rows of the portal, and rows by table. */
      rows: isText,
      openedAt: isTime,
      closedAt: isTime,
      counts: isCounts,
      ddlDuringDump: isFlag,
      doubts: isOptional(isTexts),
      release: isShaped({ buildNumber: isTextOrNull, schemaVersion: isTextOrNull }),
      position: isTextOrNull,
    },
  },
  cancel: { request: { dump: isText }, response: {} },
  release: { request: { pin: isText }, response: {} },
  load: { request: { ...restored, root: isText, expected: isNumbersWith() }, response: LOAD_REPORT },
  fence: { request: { definition }, response: {} },
  unfence: { request: { definition }, response: {} },
  'switch-to': { request: restored, response: { millis: isNumber } },
  'switch-back': { request: restored, response: {} },
  'discard-staged': { request: restored, response: {} },
  finalize: { request: restored, response: {} },
} satisfies Record<string, { request: Shape; response: Shape }>;

export type DatabaseWorkKind = keyof typeof KINDS;
export type DatabaseRequest<Kind extends DatabaseWorkKind> = Shaped<(typeof KINDS)[Kind]['request']>;
export type DatabaseResponse<Kind extends DatabaseWorkKind> = Shaped<(typeof KINDS)[Kind]['response']>;

export function isDatabaseWorkKind(text: string): text is DatabaseWorkKind {
  return Object.hasOwn(KINDS, text);
}

/** Throws PROTOCOL_BREACH. */
export function parseDatabaseRequest<Kind extends DatabaseWorkKind>(
  kind: Kind,
  json: string,
): DatabaseRequest<Kind> {
  return parseShaped(KINDS[kind].request, json, `the request for ${kind}`) as DatabaseRequest<Kind>;
}

/** Throws PROTOCOL_BREACH. */
export function parseDatabaseResponse<Kind extends DatabaseWorkKind>(
  kind: Kind,
  json: string,
): DatabaseResponse<Kind> {
  return parseShaped(KINDS[kind].response, json, `the answer to ${kind}`) as DatabaseResponse<Kind>;
}

/** A root as bytes. Throws PROTOCOL_BREACH. */
export function rootOf(hex: string): Buffer {
  if (!/^[0-9a-f]{66}$/.test(hex)) throw breach('a chunk id', 'is not one');
  return Buffer.from(hex, 'hex');
}
