import { describe, expect, it } from '@jest/globals';
import { parseS3Location } from './s3-location.ts';

describe('the URL of a vault on S3', () => {
  it('names bucket and prefix, and leaves the rest to what the AWS tools know', () => {
    expect(parseS3Location('s3://backups/lifeboat/portal/')).toEqual({
      bucket: 'backups',
      prefix: 'lifeboat/portal/',
      endpoint: undefined,
      region: undefined,
      pathStyle: false,
      objectLockDays: undefined,
    });
    expect(parseS3Location('s3://backups').prefix).toBe('');
  });

  it('may say where the store is; then the bucket stands in the path', () => {
    const url = 's3://backups/a?endpoint=https://swift.example.com:8080&region=r1&object-lock-days=30';
    expect(parseS3Location(url)).toMatchObject({
      endpoint: 'https://swift.example.com:8080',
      region: 'r1',
      pathStyle: true,
      objectLockDays: 30,
    });
    expect(parseS3Location(`${url}&path-style=no`).pathStyle).toBe(false);
  });

  it.each([
    's3://B/UPPER',
    's3://ab',
    's3://bucket/.hidden',
    's3://bucket/a//b',
    's3://bucket/ä',
    's3://bucket/a#b',
    's3://bucket?endpoint=ftp://host',
    's3://bucket?endpoint=https://user:secret@host',
    's3://bucket?region=a&regoin=b',
    's3://bucket?path-style=maybe',
    's3://bucket?object-lock-days=0',
    's3://bucket?object-lock-days=1e3',
    'file:///vault',
  ])('is refused when it is %s', (url) => {
    expect(() => parseS3Location(url)).toThrow(expect.objectContaining({ code: 'USAGE' }));
  });

  it('carries no credentials, and what it carried is not repeated', () => {
    const parse = () => parseS3Location('s3://AKIA:very-secret@bucket/prefix');
    expect(parse).toThrow(/credentials/);
    expect(parse).not.toThrow(/very-secret/);
  });
});
