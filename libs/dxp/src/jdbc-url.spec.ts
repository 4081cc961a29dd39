import { describe, expect, it } from '@jest/globals';
import { parseJdbcUrl, passwordInUrl, withoutSecrets } from './jdbc-url.ts';

describe('parseJdbcUrl', () => {
  it.each([
    ['jdbc:postgresql://db.example:5433/lportal', 'postgresql', 'db.example', 5433, 'lportal', undefined],
    [
      'jdbc:postgresql://db.example/lportal?user=li%20fe&ssl=true',
      'postgresql',
      'db.example',
      5432,
      'lportal',
      'li fe',
    ],
    ['jdbc:postgresql:lportal', 'postgresql', 'localhost', 5432, 'lportal', undefined],
    ['jdbc:postgresql:/lportal', 'postgresql', 'localhost', 5432, 'lportal', undefined],
    ['jdbc:postgresql://a:1,b:2/lportal', 'postgresql', 'a', 1, 'lportal', undefined],
    ['jdbc:postgresql://[::1]:5432/lportal', 'postgresql', '::1', 5432, 'lportal', undefined],
    [
      'jdbc:mysql://localhost/lportal?characterEncoding=UTF-8&serverTimezone=GMT',
      'mysql',
      'localhost',
      3306,
      'lportal',
      undefined,
    ],
    ['jdbc:mysql:replication://a,b/lportal', 'mysql', 'a', 3306, 'lportal', undefined],
    ['jdbc:mysql://root:pw@db:3307/lportal', 'mysql', 'db', 3307, 'lportal', 'root'],
    [
      'jdbc:mysql://address=(host=db1)(port=3310),address=(host=db2)/lportal',
      'mysql',
      'db1',
      3310,
      'lportal',
      undefined,
    ],
    ['jdbc:mariadb://db:3306/lportal?useUnicode=true', 'mariadb', 'db', 3306, 'lportal', undefined],
  ])('reads %s', (url, kind, host, port, database, user) => {
    expect(parseJdbcUrl(url)).toEqual({ kind, host, port, database, user });
  });

  it.each([
    'jdbc:hsqldb:/opt/liferay/data/hypersonic/lportal',
    'jdbc:oracle:thin:@db:1521:xe',
    'postgres://db/lportal',
    'jdbc:mariadb://user:secret@db/a/b',
    '',
  ])('does not pretend to know %j', (url) => {
    expect(parseJdbcUrl(url)).toBeUndefined();
  });

  // In quadratic time each of these would take the better part of an hour.
  it.each([
    ['credentials', 'jdbc:mariadb://', 'user:', '@db/a/b'],
    ['hosts', 'jdbc:mysql://', 'a,', ')/lportal'],
    ['addresses', 'jdbc:mysql://address=', '(host=', '/lportal'],
    ['parameters', 'jdbc:mysql://db/lportal?', 'key', ''],
  ])('reads very long %s in time', (_, before, repeated, after) => {
    const url = before + repeated.repeat(1_000_000) + after;
    expect(parseJdbcUrl(url)?.kind).toBe(after === '@db/a/b' ? undefined : 'mysql');
    expect(withoutSecrets(url)).toContain(before.slice(0, 12));
  });

  it('never shows a password, and hands it out only when asked', () => {
    for (const url of [
      'jdbc:mysql://root:s3cr%23t@db/lportal?a=b',
      'jdbc:mysql://db/lportal?a=b&password=s3cr%23t&trustCertificateKeyStorePassword=s3cr%23t',
    ]) {
      expect(withoutSecrets(url)).toBe('jdbc:mysql://db/lportal?a=b');
      expect(JSON.stringify(parseJdbcUrl(url))).not.toContain('s3cr');
      expect(passwordInUrl(url)).toBe('s3cr#t');
    }
    expect(passwordInUrl('jdbc:mysql://db/lportal')).toBeUndefined();
  });
});
