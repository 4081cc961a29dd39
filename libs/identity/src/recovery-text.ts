import { createHash } from 'node:crypto';
import { LifeboatError } from '@lifeboat/kernel';

const SECRET_LABEL = 'Root secret';
const CHECK_LABEL = 'Check';
const GROUP = /.{8}/g;

/** The root secret as people can keep, type and check it: 8 groups of 8 hex digits and 8 digits of a digest. */
export function formatRecoveryText(root: Uint8Array): string {
  const groups = Buffer.from(root).toString('hex').match(GROUP) ?? [];
  return [
    'Lifeboat recovery kit',
    '',
    `${SECRET_LABEL}: ${groups.join(' ')}`,
    `${CHECK_LABEL}: ${checkOf(root)}`,
    '',
    'Together with a copy of the vault this opens every backup set of every cluster.',
    'Keep it on paper or offline, away from the vault. Whoever reads it can read the backups.',
    '',
  ].join('\n');
}

/** @throws FORMAT_DAMAGED when a label is absent or the digest does not fit the secret. */
export function parseRecoveryText(text: string): Buffer {
  const root = Buffer.from(lineOf(text, SECRET_LABEL).replaceAll(/\s/g, ''), 'hex');
  if (root.length !== 32 || checkOf(root) !== lineOf(text, CHECK_LABEL).toLowerCase()) {
    throw new LifeboatError('FORMAT_DAMAGED', 'the recovery kit does not hold a valid root secret', {
      guidance: 'Compare it with the printed page, digit by digit: its check does not fit.',
    });
  }
  return root;
}

function lineOf(text: string, label: string): string {
  const line = text.split('\n').find((candidate) => candidate.trimStart().startsWith(`${label}:`));
  return line?.slice(line.indexOf(':') + 1).trim() ?? '';
}

function checkOf(root: Uint8Array): string {
  return createHash('sha256').update('lifeboat/v1/recovery').update(root).digest('hex').slice(0, 8);
}
