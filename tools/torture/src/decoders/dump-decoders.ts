import { finished } from 'node:stream/promises';
import { ArchiveParser, sampleArchive, SqlDumpParser, SqlRewriter } from '@lifeboat/database/testing';
import type { SeededRandom } from '@lifeboat/testkit';
import type { Decoder } from './decoder.ts';

/** What passes through a scanner is copied a few times; it is never kept. */
const ALLOWANCE = 8 * 1024 * 1024;

export const DUMP_DECODERS: readonly Decoder[] = [
  {
    name: 'SQL dump',
    valid: (random) => Buffer.from(sqlDump(random)),
    decode(bytes, random) {
      const parser = new SqlDumpParser();
      for (const piece of inPieces(bytes, random)) parser.push(piece);
      parser.finish();
      parser.dxpRows.finish();
    },
    refusals: ['FORMAT_DAMAGED', 'DATABASE_DUMP_INCOMPLETE'],
    allowance: ALLOWANCE,
  },
  {
    name: 'SQL dump, rewritten',
    valid: (random) => Buffer.from(sqlDump(random)),
    async decode(bytes, random) {
      const rewriter = new SqlRewriter({
        onlyDefiner: '`a`@`b`',
        stagedName: (schema) => `${schema}_staged`,
      });
      rewriter.resume();
      for (const piece of inPieces(bytes, random)) rewriter.write(piece);
      rewriter.end();
      await finished(rewriter);
    },
    refusals: ['FORMAT_DAMAGED', 'DATABASE_DUMP_INCOMPLETE'],
    allowance: ALLOWANCE,
  },
  {
    name: 'pg_dump archive',
    valid: pgArchive,
    decode(bytes, random) {
      const parser = new ArchiveParser();
      for (const piece of inPieces(bytes, random)) parser.push(piece);
      parser.finish();
      parser.counts();
      parser.dxpRows.finish();
    },
    refusals: ['FORMAT_DAMAGED', 'FORMAT_UNSUPPORTED', 'DATABASE_DUMP_INCOMPLETE'],
    allowance: ALLOWANCE,
  },
];

/** Few when the input is long: each piece copies what is not understood yet. */
function inPieces(bytes: Buffer, random: SeededRandom): Buffer[] {
  const length = Math.max(1 + random.integer(100), Math.ceil(bytes.length / 24));
  const pieces: Buffer[] = [];
  for (let at = 0; at < bytes.length; at += length) pieces.push(bytes.subarray(at, at + length));
  return pieces;
}

function sqlDump(random: SeededRandom): string {
  const odd = random.pick(['odd', 'od``d', '`'.repeat(2 * (1 + random.integer(30)))]);
  const value = random.pick(['NULL', '1', "'a\\'),('", '0x2829', "_binary 'x'"]);
  return `-- MariaDB dump
-- CHANGE MASTER TO MASTER_LOG_FILE='bin.000002', MASTER_LOG_POS=336;
-- Table structure for table \`DLFileVersion\`
CREATE TABLE \`DLFileVersion\` (
  \`fileVersionId\` bigint(20) NOT NULL,
  \`version\` varchar(75) DEFAULT NULL,
  PRIMARY KEY (\`fileVersionId\`)
) ENGINE=InnoDB;
INSERT INTO \`DLFileVersion\` VALUES
(1,${value}),
(2,NULL);
CREATE TABLE \`${odd}\` (
  \`a\` longblob
) ENGINE=InnoDB;
INSERT INTO \`${odd}\` (\`${odd}\`, \`b c\`) VALUES (${value},'x'),(NULL,'''('),('\\\\','');
INSERT INTO \`Image\` (\`imageId\`, \`size_\`) VALUES (${value},'x');
/*!50013 DEFINER=\`r\`@\`%\` SQL SECURITY DEFINER */
DELIMITER ;;
/*!50003 CREATE*/ /*!50017 DEFINER=\`r\`@\`%\`*/ /*!50003 trigger t before insert on x for each row begin
INSERT INTO \`${odd}\` VALUES (1);
end */;;
/*!50106 CREATE*/ /*!50117 DEFINER=\`r\`@\`%\`*/ /*!50106 EVENT \`e\` ON SCHEDULE EVERY 1 DAY ON COMPLETION NOT PRESERVE ENABLE DO select 1 */ ;;
DELIMITER ;
-- Final view structure for view \`v\`
-- Dump completed on 2026-11-23  7:21:07
`;
}

function pgArchive(random: SeededRandom): Buffer {
  const title = random.pick(['\\N', 'o\\\\brien', '\\t\\n']);
  return sampleArchive([
    {
      tag: 'dlfileentry',
      columns: 'fileentryid, ctcollectionid, name, title',
      data: [`1\t0\t101\t${title}`],
    },
    { tag: 'dlfileversion', columns: 'fileversionid, fileentryid, version, size_', data: ['7\t1\t1.0\t42'] },
    { tag: 'other', columns: '"a,b"', data: Array<string>(random.integer(20)).fill('x') },
    { tag: 'nothing', columns: '', data: [] },
  ]);
}
