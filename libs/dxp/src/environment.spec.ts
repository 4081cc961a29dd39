import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { decodeEnvironmentKey, encodeEnvironmentKey } from './environment.ts';

describe('decodeEnvironmentKey', () => {
  it.each([
    ['LIFERAY_JDBC_PERIOD_DEFAULT_PERIOD_URL', 'jdbc.default.url'],
    [
      'LIFERAY_JDBC_PERIOD_DEFAULT_PERIOD_DRIVER_UPPERCASEC_LASS_UPPERCASEN_AME',
      'jdbc.default.driverClassName',
    ],
    ['LIFERAY_INCLUDE_MINUS_AND_MINUS_OVERRIDE', 'include-and-override'],
    ['LIFERAY_INCLUDE_DASH_AND_45_OVERRIDE', 'include-and-override'],
    [
      'LIFERAY_FEATURE_PERIOD_FLAG_PERIOD_UI_PERIOD_VISIBLE_OPENBRACKET_DEV_CLOSEBRACKET_',
      'feature.flag.ui.visible[dev]',
    ],
    [
      'LIFERAY_FEATURE_PERIOD_FLAG_PERIOD__UPPERCASEL__UPPERCASEP__UPPERCASES__MINUS__NUMBER1__NUMBER7_',
      'feature.flag.LPS-17',
    ],
    ['LIFERAY_A_UNDERLINE_B', 'a_b'],
    ['LIFERAY_A_NOSUCH_B', 'a_nosuch_b'],
    ['LIFERAY_A_B', 'a_b'],
    ['LIFERAY_A_9999999_B', 'a_9999999_b'],
  ])('%s sets %s', (variable, key) => {
    expect(decodeEnvironmentKey(variable)).toBe(key);
  });

  it('leaves other variables alone', () => {
    expect(decodeEnvironmentKey('PATH')).toBeUndefined();
    expect(decodeEnvironmentKey('MY_LIFERAY_HOME')).toBeUndefined();
  });

  it('undoes encodeEnvironmentKey for every key', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'grapheme' }), (key) => {
        expect(decodeEnvironmentKey(encodeEnvironmentKey(key))).toBe(key);
      }),
    );
    expect(encodeEnvironmentKey('liferay.home')).toBe('LIFERAY_LIFERAY_PERIOD_HOME');
  });
});
