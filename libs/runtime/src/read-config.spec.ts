import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import {
  environmentName,
  oneOf,
  optionalText,
  readConfig,
  text,
  wholeNumber,
  yesOrNo,
  type ConfigSchema,
} from './index.ts';

interface Settings {
  data: string;
  grpcPort: number;
  logLevel: 'info' | 'debug';
  embedded: boolean;
  vault: string | undefined;
}

const SCHEMA: ConfigSchema<Settings> = {
  data: text(),
  grpcPort: wholeNumber({ min: 0, max: 65_535 }, 9443),
  logLevel: oneOf(['info', 'debug'], 'info'),
  embedded: yesOrNo(true),
  vault: optionalText(),
};

let directory: string;
beforeAll(() => {
  directory = mkdtempSync(join(tmpdir(), 'lifeboat-config-'));
});
afterAll(() => rmSync(directory, { recursive: true }));

function fileWith(contents: string): string {
  const file = join(directory, 'server.yaml');
  writeFileSync(file, contents);
  return file;
}

describe('readConfig', () => {
  it('lets the environment win over the file, and flags over both', () => {
    const file = fileWith('data: /a\ngrpcPort: 1\nlogLevel: debug\nembedded: false\n');
    expect(readConfig(SCHEMA, { file, env: {}, flags: {} })).toEqual({
      data: '/a',
      grpcPort: 1,
      logLevel: 'debug',
      embedded: false,
      vault: undefined,
    });
    const env = { LIFEBOAT_DATA: '/b', LIFEBOAT_GRPC_PORT: '2', LIFEBOAT_EMBEDDED: '1' };
    expect(readConfig(SCHEMA, { file, env, flags: { grpcPort: 3, data: undefined } })).toMatchObject({
      data: '/b',
      grpcPort: 3,
      embedded: true,
    });
  });

  it('falls back where nothing is said, an empty file and an empty variable included', () => {
    const file = fileWith('# nothing yet\n');
    expect(
      readConfig(SCHEMA, { file, env: { LIFEBOAT_GRPC_PORT: '' }, flags: { data: '/c' } }),
    ).toMatchObject({ grpcPort: 9443, logLevel: 'info' });
  });

  it('says where a value that will not do came from, and does not repeat it', () => {
    const read = (flags: object, env = {}): unknown =>
      readConfig(SCHEMA, { env, flags: { data: '/', ...flags } });
    expect(() => read({ grpcPort: 'secret' })).toThrow(
      /^--grpc-port must be a whole number from 0 to 65535$/,
    );
    expect(() => read({}, { LIFEBOAT_EMBEDDED: 'maybe' })).toThrow(
      /^LIFEBOAT_EMBEDDED must be true or false$/,
    );
    const file = fileWith('data: /a\nlogLevel: loud\n');
    expect(() => readConfig(SCHEMA, { file, env: {}, flags: {} })).toThrow(
      'logLevel must be one of info, debug',
    );
  });

  it('refuses what is missing, misspelt or unreadable as USAGE', () => {
    const refusal = expect.objectContaining({ code: 'USAGE' }) as unknown as Error;
    expect(() => readConfig(SCHEMA, { env: {}, flags: {} })).toThrow(refusal);
    for (const contents of ['dta: /a\n', '- a\n', 'a: [', 'just text\n']) {
      expect(() => readConfig(SCHEMA, { file: fileWith(contents), env: {}, flags: { data: '/' } })).toThrow(
        refusal,
      );
    }
    expect(() =>
      readConfig(SCHEMA, { file: join(directory, 'none'), env: {}, flags: { data: '/' } }),
    ).toThrow(refusal);
  });

  it('names variables after settings', () => {
    expect(environmentName('databaseUrl')).toBe('LIFEBOAT_DATABASE_URL');
  });
});
