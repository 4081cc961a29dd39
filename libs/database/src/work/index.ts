/** How a server has an agent do database work: requests, answers and rows as they cross the wire. */
export {
  isDatabaseWorkKind,
  parseDatabaseRequest,
  parseDatabaseResponse,
  rootOf,
  type DatabaseRequest,
  type DatabaseResponse,
  type DatabaseWorkKind,
} from './database-work.ts';
export { readRowLines, writeRowLines, type RowLine } from './row-lines.ts';
