import { describe, expect, it } from '@jest/globals';
import { isDatabaseWorkKind, parseDatabaseRequest, parseDatabaseResponse, rootOf } from './database-work.ts';

const definition = { kind: 'mariadb', url: 'mysql://lifeboat@db:3306/lportal' };
const COUNTS = {
  tables: 1,
  views: 0,
  triggers: 0,
  routines: 0,
  events: 0,
  largeObjects: 0,
  rules: 0,
  sequences: 0,
  rows: 7,
};

describe('a request for database work', () => {
  it('is read when all its fields are there', () => {
    expect(parseDatabaseRequest('probe', JSON.stringify({ definition }))).toEqual({ definition });
    const restored = { definition: { ...definition, passwordFile: '/etc/p' }, restore: 'r' };
    expect(parseDatabaseRequest('switch-to', JSON.stringify(restored))).toEqual(restored);
  });

  it.each([
    ['not JSON', 'kind'],
    ['no object', '[]'],
    ['without a definition', '{}'],
    ['for an engine nobody has', JSON.stringify({ definition: { ...definition, kind: 'oracle' } })],
    [
      'with a password file that is no text',
      JSON.stringify({ definition: { ...definition, passwordFile: 5 } }),
    ],
  ])('is refused when it is %s', (_what, json) => {
    expect(() => parseDatabaseRequest('probe', json)).toThrow(
      expect.objectContaining({ code: 'PROTOCOL_BREACH' }),
    );
  });

  it('is of a known kind', () => {
    expect(isDatabaseWorkKind('probe')).toBe(true);
    expect(isDatabaseWorkKind('drop')).toBe(false);
    expect(isDatabaseWorkKind('toString')).toBe(false);
  });
});

describe('an answer to database work', () => {
  it('is read when all its fields are there', () => {
    const report = { stagedName: 's', counts: COUNTS, warnings: ['w'] };
    expect(parseDatabaseResponse('load', JSON.stringify(report))).toEqual(report);
    expect(parseDatabaseResponse('second-look', '{"root":null}')).toEqual({ root: null });
  });

  it('is refused when a count is missing, and tells which field it was', () => {
    const { rows: _, ...some } = COUNTS;
    const json = JSON.stringify({ stagedName: 's', counts: some, warnings: [] });
    expect(() => parseDatabaseResponse('load', json)).toThrow('the answer to load has no good counts');
  });

  it('is refused when a time is none', () => {
    const json = JSON.stringify({ openedAt: 'yesterday', position: null });
    expect(() => parseDatabaseResponse('pin', json)).toThrow('openedAt');
  });

  it('names roots that are chunk ids', () => {
    expect(rootOf('01'.repeat(33))).toEqual(Buffer.alloc(33, 1));
    for (const bad of ['', '01', '01'.repeat(32), 'zz'.repeat(33)]) {
      expect(() => rootOf(bad)).toThrow(expect.objectContaining({ code: 'PROTOCOL_BREACH' }));
    }
  });
});
