import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';

import { ERROR_CODES, isErrorCode, type ErrorCode } from './error-codes.ts';
import {
  fromErrorReport,
  isLifeboatError,
  LifeboatError,
  messageOf,
  systemCodeOf,
  toErrorReport,
  toLifeboatError,
} from './lifeboat-error.ts';

const codes = Object.keys(ERROR_CODES) as ErrorCode[];

describe('LifeboatError', () => {
  it('crosses a boundary with its code, message and guidance, and without its cause', () => {
    const text = fc.string();
    fc.assert(
      fc.property(
        fc.constantFrom(...codes),
        text,
        fc.option(text, { nil: undefined }),
        (code, message, guidance) => {
          const cause = new Error('a password is in here');
          const sent = JSON.stringify(toErrorReport(new LifeboatError(code, message, { guidance, cause })));
          expect(sent).not.toContain(cause.message);
          const received = fromErrorReport(JSON.parse(sent) as Parameters<typeof fromErrorReport>[0]);
          expect({ ...received, message: received.message }).toMatchObject({ code, message });
          expect(received.guidance).toBe(guidance);
        },
      ),
    );
  });

  it('keeps the message of a code that only a newer peer knows', () => {
    for (const code of ['MADE_UP_LATER', 'constructor', '__proto__', ''])
      expect(fromErrorReport({ code, message: 'why' })).toMatchObject({ code: 'INTERNAL', message: 'why' });
  });

  it('is known by its form: another realm has another class', () => {
    const foreign = { name: 'LifeboatError', code: 'NOT_FOUND', message: 'gone' };
    expect(isLifeboatError(foreign)).toBe(true);
    expect(toLifeboatError(foreign)).toBe(foreign);
    for (const other of [
      null,
      undefined,
      'NOT_FOUND',
      { name: 'LifeboatError', code: 'ENOENT' },
      new Error('x'),
    ])
      expect(isLifeboatError(other)).toBe(false);
  });

  it('makes a bug of ours of everything else, and keeps what it was', () => {
    for (const thrown of [new TypeError('x'), 'x', { message: 'x' }]) {
      expect(toLifeboatError(thrown)).toMatchObject({
        code: 'INTERNAL',
        kind: 'bug',
        message: 'x',
        cause: thrown,
      });
    }
    expect(toLifeboatError(new Error('x'), 'UNREACHABLE').code).toBe('UNREACHABLE');
  });

  it('reads message and system code of anything thrown', () => {
    expect([new Error('a'), 'b', 3, null, undefined].map(messageOf)).toEqual([
      'a',
      'b',
      '3',
      'null',
      'undefined',
    ]);
    const coded = Object.assign(new Error('x'), { code: 'ENOENT' });
    expect([coded, { code: 7 }, 'ENOENT', null].map(systemCodeOf)).toEqual([
      'ENOENT',
      undefined,
      undefined,
      undefined,
    ]);
  });
});

describe('ERROR_CODES', () => {
  it('has exit codes of the documented range and statuses of errors', () => {
    for (const code of codes) {
      const { exit, http } = ERROR_CODES[code];
      expect({ code, exitIsKnown: exit >= 1 && exit <= 7, httpIsError: http >= 400 && http < 600 }).toEqual({
        code,
        exitIsKnown: true,
        httpIsError: true,
      });
    }
  });

  it('knows its own codes and no inherited name', () => {
    expect(codes.every(isErrorCode)).toBe(true);
    expect(['toString', 'internal', ''].some(isErrorCode)).toBe(false);
  });
});
