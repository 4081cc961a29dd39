import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { maskSecrets } from './mask-secrets.ts';
import { lostLines, textDifference } from './text-difference.ts';

describe('textDifference', () => {
  it('shows what became of the lines, with what stands around', () => {
    const before = ['a=1', 'b=2', 'c=3', 'd=4', 'e=5', 'f=6'].join('\n');
    expect(textDifference(before, before.replace('f=6', 'f=7\ng=8'))).toEqual([
      '@@ line 3 became line 3 @@',
      ' c=3',
      ' d=4',
      ' e=5',
      '-f=6',
      '+f=7',
      '+g=8',
    ]);
    expect(textDifference(before, before)).toEqual([]);
    expect(textDifference(before, before.replaceAll('\n', '\r\n'))).toEqual([]);
  });

  it('shows that a secret changed, and neither the old nor the new one', () => {
    expect(textDifference('jdbc.default.password=old1', 'jdbc.default.password=new2')).toEqual([
      '@@ line 1 became line 1 @@',
      '-jdbc.default.password=***',
      '+jdbc.default.password=***',
    ]);
  });

  it('is no longer than a person reads, however much has changed', () => {
    const text = (word: string) => Array.from({ length: 1000 }, (_, at) => `${word}${at}`).join('\n');
    const shown = textDifference(text('a'), text('b'));
    expect(shown).toHaveLength(201);
    expect(shown.at(-1)).toMatch(/more lines/);
  });

  it('names lost lines without blanks', () => {
    expect(lostLines('<a>\n\n  <filter>x</filter>\n</a>', '<a>\n</a>')).toEqual(['<filter>x</filter>']);
  });

  it('gives the new text back from the old one, whatever they are', () => {
    const line = fc.stringMatching(/^[xyz ]{0,3}$/);
    const text = fc.array(line, { maxLength: 12 }).map((lines) => lines.join('\n'));
    fc.assert(
      fc.property(text, text, (before, after) => {
        const shown = textDifference(before, after);
        const count = (sign: string) =>
          shown.filter((one) => one.startsWith(sign) && !one.startsWith('@@')).length;
        expect(count('+') - count('-')).toBe(after.split('\n').length - before.split('\n').length);
        if (before === after) expect(shown).toEqual([]);
      }),
    );
  });
});

describe('maskSecrets', () => {
  it.each([
    ['jdbc.default.password=S3', 'jdbc.default.password=***'],
    ['jdbc.default.password S3', 'jdbc.default.password ***'],
    ['jdbc.default.password : S3', 'jdbc.default.password : ***'],
    ['secretKey=T"S3"', 'secretKey=***'],
    [
      'jdbc.default.url=jdbc:mysql://u:S3@db/l?password=S3&x=y',
      'jdbc.default.url=jdbc:mysql://u:***@db/l?password=***&x=y',
    ],
    ['url=jdbc:oracle:thin:u/S3@db', 'url=jdbc:oracle:thin:u/***@db'],
    ['# old: mail.password=S3', '# old: mail.password=***'],
    ['url=amqp://u:S/3@S3@host', 'url=amqp://u:***@host'],
    ['text <password>S3</password>', 'text <password>***</password>'],
    ['a.password=<S3>', 'a.password=***'],
    ['<!-- password: S3 -->', '<!-- password: ***'],
    ['- password: S3', '- password: ***'],
    ['db: { password: S3, user: u }', 'db: { password: ***, user: u }'],
    ['CATALINA_OPTS="-Xmx2g -Ddb.password=S3"', 'CATALINA_OPTS="-Xmx2g -Ddb.password=***"'],
    ['<Resource name="a" username="u" password="S3"/>', '<Resource name="a" username="u" password="***"/>'],
    ['   password="S3" username="u"/>', '   password=***'],
    ['<user-name>u</user-name><password>S3</password>', '<user-name>u</user-name><password>***</password>'],
    ['<property name="db.password" value="S3"/>', '<property name="db.password" value="***"/>'],
    ['<property name="user" value="u"/>', '<property name="user" value="u"/>'],
    ['jdbc.default.username=u', 'jdbc.default.username=u'],
  ])('masks %s', (line, masked) => {
    expect(maskSecrets(line)).toEqual([masked]);
  });

  it('masks secrets that go over several lines', () => {
    expect(maskSecrets('a.password=S3\\\n  S3\\\n  S3\nb=c')).toEqual([
      'a.password=***',
      '***',
      '***',
      'b=c',
    ]);
    const xml =
      '<password>\n  S3\n</password>\n<param-name>token</param-name>\n<param-value>S3</param-value>\n<a>b</a>';
    expect(maskSecrets(xml).join('\n')).not.toContain('S3');
    expect(maskSecrets(xml).at(-1)).toBe('<a>b</a>');
  });

  it('keeps every line in its place', () => {
    fc.assert(
      fc.property(
        fc.string({ unit: fc.constantFrom('<', '>', '"', '=', '\\', '\n', ' ', 'password', 'value', '/') }),
        (text) => {
          expect(maskSecrets(text)).toHaveLength(text.split('\n').length);
        },
      ),
    );
  });
});
