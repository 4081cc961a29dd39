import { describe, expect, it } from '@jest/globals';
import type { DatabaseDefinition } from '@lifeboat/model';
import { parseTarget } from './database-target.ts';
import { asideNameOf, stagedNameOf } from './staged-names.ts';

const definition = (kind: DatabaseDefinition['kind'], url: string): DatabaseDefinition => ({
  kind,
  url,
  runOn: 'server',
});

describe('parseTarget', () => {
  it('reads account, host, port and name', () => {
    expect(parseTarget(definition('postgresql', 'postgres://li%40f@[::1]/lportal'), 'p')).toEqual({
      kind: 'postgresql',
      host: '::1',
      port: 5432,
      user: 'li@f',
      password: 'p',
      database: 'lportal',
    });
    expect(parseTarget(definition('mariadb', 'mysql://u@db:3307/lportal'), 'p')).toMatchObject({
      port: 3307,
      database: 'lportal',
    });
  });

  it.each(['mysql://u@h/x', 'postgres://u:secret@h/x', 'postgres://h/x', 'postgres://u@h', 'nonsense'])(
    'refuses %s',
    (url) => {
      expect(() => parseTarget(definition('postgresql', url), 'p')).toThrow(
        expect.objectContaining({ code: 'USAGE' }),
      );
    },
  );
});

describe('names of a restore', () => {
  it('fit into what both engines keep whole', () => {
    const id = '0a1b2c3d-0000-4000-8000-000000000001';
    expect(stagedNameOf('lportal', id)).toBe('lportal_lb_0a1b2c3d');
    expect(Buffer.byteLength(asideNameOf('ü'.repeat(60), id))).toBeLessThanOrEqual(63);
  });
});
