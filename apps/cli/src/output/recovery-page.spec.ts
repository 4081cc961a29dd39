import { expect, it } from '@jest/globals';
import { KeyRing } from '@lifeboat/identity';
import { recoveryPage } from './recovery-page.ts';

const pageOf = (epochs: number): string => {
  const secrets = Array.from({ length: epochs }, (_, index) => Buffer.alloc(32, index));
  return recoveryPage({
    lines: KeyRing.fromSecrets(secrets).recoveryLines(),
    vault: null,
    date: new Date(0),
  });
};

it.each([1, 2, 18, 40])('a page with the keys of %i epochs is read back', (epochs) => {
  const page = pageOf(epochs);
  expect(page).toContain(`of epochs up to ${epochs};`);
  expect(page).toContain(`type the ${4 * epochs + 1} lines above`);
  expect(page.includes('█')).toBe(epochs < 20);
  expect(KeyRing.fromRecoveryText(page).epoch).toBe(epochs);
});
