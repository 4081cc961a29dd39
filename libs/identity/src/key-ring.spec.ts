import { chmod, mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { verify, createPublicKey } from 'node:crypto';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { inspect } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import type { ClusterId } from '@lifeboat/kernel';
import { KeyRing } from './key-ring.ts';

const ROOT = Uint8Array.from({ length: 32 }, (_, index) => index);
const CLUSTER = '01234567-89ab-4def-8123-456789abcdef' as ClusterId;
const OTHER_CLUSTER = '01234567-89ab-4def-8123-456789abcdee' as ClusterId;

// Computed by another implementation (HMAC, RFC 7748 and RFC 8032 written out in Python). They may never change:
// every vault that exists was written with them.
const FIRST_EPOCH = {
  epoch: 1,
  publicKey: 'f4793c41809e465e6cfd18139d2ae87250878e3d0cdf8446303415c96ea47579',
  privateKey: 'e5cc60c1ad93e77275c81d996b632491f985e806967871d784600a36c299fddc',
  idKey: '08e11052f6422034eb67bbb573a7949126a22d6377d44aa9a3a5c7e5d9ba18f2',
  gearKey: '05b2191bccf0a5a5796181fa16fb069665e0521e428bc082c4d56e66c5fde48c',
  tableKey: '71aea87be35fce3ebca2a4b6a03780020080c78cdd52a2a43568a4696a4a2819',
  documentKey: '0fea15e4b6fb871987287cb203af1a6381a2f097661b29ad1b08fa797cef5141',
};
const SECOND_SECRET = Uint8Array.from({ length: 32 }, (_, index) => 32 + index);
const SECOND_EPOCH = {
  epoch: 2,
  publicKey: 'b110ffec193cf963052c131feced5443f7fcb1ef592b12d8538d7cc7aa17453a',
  privateKey: 'e4c7fd2292f3c83ab3b06a17bc9ec5e8c01634bf9a26556105fb957f047f5933',
  idKey: FIRST_EPOCH.idKey,
  gearKey: FIRST_EPOCH.gearKey,
  tableKey: '1faf23783a9d9b67cc527901f5a7e3a21ccac694b38b5b75629292735829d0b5',
  documentKey: '49d4d4eda882b5cca119e1db7d25ec266d21acb5c459aecc7283d18d6f6e7c26',
};
const CONTROL_KEY = '86aa5d1173ebf57dfa1cc15793c06567bc0eb14389d4e509b5953caf59ce2292';
const SECOND_CONTROL_KEY = 'c5ea1d35356a2098290bf1ade1993dce34100cb4600d8ee35c56d5fd78014b29';
const SIGNER_PUBLIC_KEY = '8ff501e0bc3370e498e18b4e897fcff71ed9b51dd437d542c49365b7875bc3fd';
// Computed in Python, like the keys.
const GOLDEN_KIT = [
  '1: 0001 0203 0405 0607  af0c',
  '2: 0809 0a0b 0c0d 0e0f  3637',
  '3: 1011 1213 1415 1617  3bfd',
  '4: 1819 1a1b 1c1d 1e1f  82d6',
  'Fingerprint: 686d2519b53ca560',
];
const GOLDEN_SECOND_LINES = [
  '5: 2021 2223 2425 2627  fb41',
  '6: 2829 2a2b 2c2d 2e2f  e7fd',
  '7: 3031 3233 3435 3637  cf3f',
  '8: 3839 3a3b 3c3d 3e3f  1b26',
];

function hexOf(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString('hex');
}

describe('derivation', () => {
  const ring = KeyRing.fromRoot(ROOT);
  const rotated = KeyRing.fromSecrets([ROOT, SECOND_SECRET]);

  it.each([
    [FIRST_EPOCH, ring.clusterKeys(CLUSTER)],
    [FIRST_EPOCH, rotated.clusterKeys(CLUSTER, 1)],
    [SECOND_EPOCH, rotated.clusterKeys(CLUSTER)],
  ])('gives every cluster key its golden value: %#', (golden, { epoch, ...keys }) => {
    const hex = Object.fromEntries(Object.entries(keys).map(([name, key]) => [name, hexOf(key)]));
    expect({ epoch, ...hex }).toEqual(golden);
  });

  it('gives the vault-wide keys their golden values', () => {
    expect(hexOf(ring.controlKey())).toBe(CONTROL_KEY);
    expect(hexOf(rotated.controlKey(1))).toBe(CONTROL_KEY);
    expect(hexOf(rotated.controlKey())).toBe(SECOND_CONTROL_KEY);
    expect(rotated.fingerprint).toBe(ring.fingerprint);
    expect(hexOf(ring.signer.publicKey)).toBe(SIGNER_PUBLIC_KEY);
  });

  it('separates clusters', () => {
    expect(hexOf(ring.clusterKeys(OTHER_CLUSTER).idKey)).not.toBe(FIRST_EPOCH.idKey);
  });

  it('signs what the public key alone verifies', () => {
    const bytes = Buffer.from('a set document');
    const spki = Buffer.concat([Buffer.from('302a300506032b6570032100', 'hex'), ring.signer.publicKey]);
    const publicKey = createPublicKey({ key: spki, format: 'der', type: 'spki' });
    expect(verify(null, bytes, publicKey, ring.signer.sign(bytes))).toBe(true);
    expect(verify(null, Buffer.from('another'), publicKey, ring.signer.sign(bytes))).toBe(false);
  });

  it('refuses epochs that do not exist', () => {
    const refused = expect.objectContaining({ code: 'INTERNAL' });
    for (const epoch of [0, 2, 0.5]) expect(() => ring.clusterKeys(CLUSTER, epoch)).toThrow(refused);
  });

  it('does not show the root secret when it is printed', () => {
    expect(inspect(ring, { depth: 5 })).not.toContain(hexOf(ROOT.subarray(0, 4)));
    expect(JSON.stringify(ring)).not.toContain(Buffer.from(ROOT).toString('base64'));
  });
});

describe('the key file', () => {
  let directory: string;
  beforeAll(async () => {
    directory = await mkdtemp(join(tmpdir(), 'lifeboat-key-ring-'));
  });
  afterAll(() => rm(directory, { recursive: true }));

  it('is made once, for its owner alone, and opens to the same keys ever after', async () => {
    const file = join(directory, 'new', 'vault.key');
    const made = await KeyRing.open(file);
    const opened = await KeyRing.open(file);
    expect(opened.clusterKeys(CLUSTER)).toEqual(made.clusterKeys(CLUSTER));
    expect(opened.recoveryLines()).toEqual(made.recoveryLines());
    expect((await stat(file)).mode & 0o777).toBe(0o600);
    expect((await stat(join(directory, 'new'))).mode & 0o777).toBe(0o700);
  });

  it('is one file for ten processes that start at once', async () => {
    const file = join(directory, 'race', 'vault.key');
    const rings = await Promise.all(Array.from({ length: 10 }, () => KeyRing.open(file)));
    expect(new Set(rings.map((ring) => hexOf(ring.controlKey()))).size).toBe(1);
    expect(await readdir(join(directory, 'race'))).toEqual(['vault.key']);
  });

  it('is never replaced when it is damaged, and its text is not repeated', async () => {
    const file = join(directory, 'damaged.key');
    const later = '{"version":2,"secrets":["c2VjcmV0"]}';
    const none = '{"version":2,"secrets":[]}';
    const texts = ['', 'c2VjcmV0', '{"version":1,"root":"c2VjcmV0"}', '{"version":1}', 'null', later, none];
    for (const text of texts) {
      await writeFile(file, text);
      const error: unknown = await KeyRing.open(file).catch((thrown: unknown) => thrown);
      expect(error).toMatchObject({ code: 'FORMAT_DAMAGED' });
      expect(inspect(error)).not.toContain('c2VjcmV0');
    }
  });

  it('of a later version is refused', async () => {
    const file = join(directory, 'later.key');
    await writeFile(file, JSON.stringify({ version: 3, root: Buffer.from(ROOT).toString('base64') }));
    await expect(KeyRing.open(file)).rejects.toMatchObject({ code: 'FORMAT_UNSUPPORTED' });
  });
});

describe('a further key epoch', () => {
  let directory: string;
  beforeAll(async () => {
    directory = await mkdtemp(join(tmpdir(), 'lifeboat-key-ring-'));
  });
  afterAll(() => rm(directory, { recursive: true }));

  it('has a secret of its own, which is in the file before it is used', async () => {
    const file = join(directory, 'vault.key');
    const ring = await KeyRing.open(file);
    const first = ring.clusterKeys(CLUSTER);
    expect(await ring.beginEpoch(file)).toBe(2);
    expect(ring.clusterKeys(CLUSTER, 1)).toEqual(first);
    const second = ring.clusterKeys(CLUSTER);
    expect(second).toMatchObject({ epoch: 2, idKey: first.idKey, gearKey: first.gearKey });
    for (const key of ['publicKey', 'privateKey', 'tableKey', 'documentKey'] as const)
      expect(second[key]).not.toEqual(first[key]);
    for (const again of [await KeyRing.open(file), await KeyRing.read(file)]) {
      expect(again.epoch).toBe(2);
      expect(again.clusterKeys(CLUSTER)).toEqual(second);
    }
    expect((await stat(file)).mode & 0o777).toBe(0o600);
    expect(await readdir(directory)).toEqual(['vault.key']);
  });

  it('that an earlier call wrote down and did not live to begin is taken up', async () => {
    const file = join(directory, 'broken-off.key');
    const ring = await KeyRing.open(file);
    const other = await KeyRing.read(file);
    await other.beginEpoch(file);
    expect(await ring.beginEpoch(file)).toBe(2);
    expect(ring.recoveryLines()).toEqual(other.recoveryLines());
  });

  it('is one of its own for each of two calls at once', async () => {
    const file = join(directory, 'twice.key');
    const ring = await KeyRing.open(file);
    expect(await Promise.all([ring.beginEpoch(file), ring.beginEpoch(file)])).toEqual([2, 3]);
    expect((await KeyRing.read(file)).recoveryLines()).toEqual(ring.recoveryLines());
  });

  it('is not begun in the file of another vault, in an older copy, or where nothing can be written', async () => {
    const file = join(directory, 'own.key');
    const other = join(directory, 'other.key');
    const ring = await KeyRing.open(file);
    const older = await readFile(file);
    await KeyRing.open(other);
    await expect(ring.beginEpoch(other)).rejects.toMatchObject({ code: 'CONFLICT' });
    await expect(ring.beginEpoch(join(directory, 'none'))).rejects.toMatchObject({ code: 'NOT_FOUND' });
    await ring.beginEpoch(file);
    await writeFile(file, older);
    await expect(ring.beginEpoch(file)).rejects.toMatchObject({ code: 'CONFLICT' });
    expect(ring.epoch).toBe(2);
  });
});

describe('the recovery kit', () => {
  const ring = KeyRing.fromRoot(ROOT);
  const lines = ring.recoveryLines();
  const text = lines.join('\n');

  it('is written as it will be read for ever', () => {
    expect(lines).toEqual(GOLDEN_KIT);
  });

  it('brings back the same keys', () => {
    const back = KeyRing.fromRecoveryText(`Lifeboat recovery kit\n\n${text}\n\nFor the safe: 2 pages\n`);
    expect(back.clusterKeys(CLUSTER)).toEqual(ring.clusterKeys(CLUSTER));
  });

  it('of two epochs has four lines more, and is that of the first when these are left out', () => {
    const rotated = KeyRing.fromSecrets([ROOT, SECOND_SECRET]);
    const both = [...GOLDEN_KIT.slice(0, 4), ...GOLDEN_SECOND_LINES, ...GOLDEN_KIT.slice(4)];
    expect(rotated.recoveryLines()).toEqual(both);
    const back = KeyRing.fromRecoveryText(both.join('\n'));
    expect(back.clusterKeys(CLUSTER)).toEqual(rotated.clusterKeys(CLUSTER));
    expect(KeyRing.fromRecoveryText(text).epoch).toBe(1);
    expect(() => KeyRing.fromRecoveryText(both.toSpliced(5, 1).join('\n'))).toThrow('line 6 is not there');
    const other = KeyRing.fromSecrets([SECOND_SECRET, SECOND_SECRET]).recoveryLines();
    expect(() => KeyRing.fromRecoveryText(both.with(6, other[6]!).join('\n'))).toThrow('line 7');
  });

  it('forgives spaces, case, order and letters that look like digits', () => {
    const typed = lines
      .toReversed()
      .map((line) =>
        line
          .replace(/^[1-4]: /, '  $&')
          .toUpperCase()
          .replace('FINGERPRINT', 'Fingerprint'),
      )
      .join('\r\n')
      .replaceAll(/(?<=:.*)0/g, 'O')
      .replaceAll(/(?<=:.*)1/g, 'l');
    expect(typed).toMatch(/O.*l/);
    expect(hexOf(KeyRing.fromRecoveryText(typed).controlKey())).toBe(CONTROL_KEY);
  });

  it('notices every single wrong digit, and says in which line', () => {
    for (const [index, line] of lines.slice(0, 4).entries()) {
      for (let at = 3; at < line.length; at += 1) {
        if (line[at] === ' ') continue;
        const wrong = `${line.slice(0, at)}${line[at] === 'a' ? 'b' : 'a'}${line.slice(at + 1)}`;
        expect(() => KeyRing.fromRecoveryText(text.replace(line, wrong))).toThrow(`line ${index + 1}`);
      }
    }
  });

  it('is refused when a line is missing, cut off, no digits, or from another kit', () => {
    const other = KeyRing.fromRoot(ROOT.toReversed()).recoveryLines();
    const kits = [
      '',
      lines.slice(1).join('\n'),
      lines.slice(0, 4).join('\n'),
      text.replace(/ [0-9a-f]{4}$/m, ''),
      text.replace(/^3: ..../m, '3: zzzz'),
      [...lines.slice(0, 3), other[3], lines[4]].join('\n'),
      [...lines.slice(0, 4), other[4]].join('\n'),
    ];
    for (const kit of kits) {
      const error = expect.objectContaining({ code: 'FORMAT_DAMAGED' });
      expect(() => KeyRing.fromRecoveryText(kit)).toThrow(error);
    }
  });
});

describe('reading a key file', () => {
  let directory: string;
  beforeAll(async () => {
    directory = await mkdtemp(join(tmpdir(), 'lifeboat-key-ring-'));
  });
  afterAll(() => rm(directory, { recursive: true }));

  it('makes none where there is none', async () => {
    await expect(KeyRing.read(join(directory, 'absent'))).rejects.toMatchObject({ code: 'NOT_FOUND' });
    expect(await readdir(directory)).toEqual([]);
  });

  it('refuses one that others may read', async () => {
    const file = join(directory, 'vault.key');
    const made = await KeyRing.open(file);
    expect((await KeyRing.read(file)).fingerprint).toBe(made.fingerprint);
    await chmod(file, 0o640);
    await expect(KeyRing.read(file)).rejects.toMatchObject({ code: 'KEY_EXPOSED' });
  });
});
