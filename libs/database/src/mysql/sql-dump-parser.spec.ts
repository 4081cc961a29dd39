import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { insertValues } from './insert-values.ts';
import { SqlDumpParser } from './sql-dump-parser.ts';

const DUMP = `-- MariaDB dump
-- CHANGE MASTER TO MASTER_LOG_FILE='bin.000002', MASTER_LOG_POS=336;
--
-- Table structure for table \`DLFileVersion\`
--
CREATE TABLE \`DLFileVersion\` (
  \`fileVersionId\` bigint(20) NOT NULL,
  \`fileEntryId\` bigint(20) DEFAULT NULL,
  \`version\` varchar(75) DEFAULT NULL COMMENT '(\`x\` int',
  PRIMARY KEY (\`fileVersionId\`)
) ENGINE=InnoDB;
INSERT INTO \`DLFileVersion\` VALUES
(1,2,'a\\'),(\\\\\\n;'),
(2,NULL,NULL);
CREATE TABLE \`odd \`\`(\` (
  \`a\` longblob
) ENGINE=InnoDB;
INSERT INTO \`odd \`\`(\` (\`a\`, \`b c\`) VALUES (0x282729,'x'),(NULL,'''('),('\\\\','');
INSERT INTO \`odd \`\`(\` VALUES (1);
DELIMITER ;;
/*!50003 CREATE*/ /*!50017 DEFINER=\`r\`@\`%\`*/ /*!50003 trigger t before insert on x for each row begin
INSERT INTO \`odd \`\`(\` VALUES (1);
end */;;
/*!50106 CREATE*/ /*!50117 DEFINER=\`r\`@\`%\`*/ /*!50106 EVENT \`e\` ON SCHEDULE EVERY 1 DAY ON COMPLETION NOT PRESERVE ENABLE DO select 1 */ ;;
CREATE DEFINER=\`r\`@\`%\` FUNCTION \`f\`() RETURNS int(11)
return 1
;;
DELIMITER ;
-- Final view structure for view \`v\`
-- Dump completed on 2026-11-23  7:21:07
`;

describe('SqlDumpParser', () => {
  it.each([1, 2, 3, 13, 1 << 20])('understands the same in pieces of %i bytes', (size) => {
    const parser = parsed(DUMP, size);
    parser.finish();
    expect(Object.fromEntries(parser.rowsByTable)).toEqual({ DLFileVersion: 2, 'odd `(': 4 });
    expect(parser.counts()).toMatchObject({ tables: 2, views: 1, triggers: 1, events: 1, routines: 1 });
    expect(parser.position).toBe('bin.000002:336');
    expect([...parser.dxpRows.finish().documents].map(({ version }) => version)).toEqual([`a'),(\\\n;`, '']);
  });

  it('finds a dump incomplete wherever it is cut', () => {
    for (let length = 1; length < DUMP.length - 40; length += 1) {
      expect(() => parsed(DUMP.slice(0, length), 1 << 20).finish()).toThrow(
        expect.objectContaining({ code: 'DATABASE_DUMP_INCOMPLETE' }),
      );
    }
  });
});

describe('a table whose names are all quotes', () => {
  const quotes = '``'.repeat(64);
  const insert = `INSERT INTO \`${quotes}\` (\`${quotes}\`, \`${quotes}\`) VALUES (1,2);\n`;

  it.each([insert.length - 30, 1])('is understood when its INSERT arrives in pieces of %i bytes', (size) => {
    expect(Object.fromEntries(parsed(insert, size).rowsByTable)).toEqual({ ['`'.repeat(64)]: 1 });
  });
});

describe('insertValues', () => {
  it('gives back whatever was escaped into a row', () => {
    const value = fc.oneof(
      fc.string({ unit: 'binary' }),
      fc.constant(null),
      fc.constantFrom("'", '\\', "\\'", '_x', '0x'),
    );
    fc.assert(
      fc.property(fc.array(value, { minLength: 1 }), (values) => {
        const row = values.map((text) => (text === null ? 'NULL' : `'${escaped(text)}'`)).join(',');
        expect(insertValues(row)).toEqual(values);
      }),
    );
  });

  it('reads numbers, hexadecimal bytes and introducers', () => {
    expect(insertValues(`-1.5,0x${Buffer.from('ü').toString('hex')},_binary 'x','it''s'`)).toEqual([
      '-1.5',
      'ü',
      'x',
      "it's",
    ]);
  });
});

function parsed(text: string, size: number): SqlDumpParser {
  const bytes = Buffer.from(text);
  const parser = new SqlDumpParser();
  for (let at = 0; at < bytes.length; at += size) parser.push(bytes.subarray(at, at + size));
  return parser;
}

/** As mysql_real_escape_string does. */
function escaped(text: string): string {
  const letters: Record<string, string> = { '\0': '0', '\n': 'n', '\r': 'r', '\x1a': 'Z' };
  return text.replaceAll(/[\0\n\r\x1a'"\\]/g, (special) => `\\${letters[special] ?? special}`);
}
