/** For tests: what reads dumps as they pass by, and archives to give it. */
export { SqlDumpParser } from '../mysql/sql-dump-parser.ts';
export { SqlRewriter } from '../mysql/sql-rewriter.ts';
export { ArchiveParser } from '../postgresql/archive-parser.ts';
export { sampleArchive, type SampleTable } from './sample-archive.ts';
