import { chmod, mkdtemp, readdir, rm, stat, writeFile } from 'node:fs/promises';
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
const SECOND_EPOCH_ID_KEY = '18767245854d2e8b06cfc47f46a28f1214e4884584271a3509bf41ca21f02cb0';
const CONTROL_KEY = '86aa5d1173ebf57dfa1cc15793c06567bc0eb14389d4e509b5953caf59ce2292';
const SIGNER_PUBLIC_KEY = '8ff501e0bc3370e498e18b4e897fcff71ed9b51dd437d542c49365b7875bc3fd';
// Computed in Python, like the keys.
const GOLDEN_KIT = [
  '1: 0001 0203 0405 0607  af0c',
  '2: 0809 0a0b 0c0d 0e0f  3637',
  '3: 1011 1213 1415 1617  3bfd',
  '4: 1819 1a1b 1c1d 1e1f  82d6',
  'Fingerprint: 686d2519b53ca560',
];

function hexOf(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString('hex');
}

describe('derivation', () => {
  const ring = KeyRing.fromRoot(ROOT);

  it('gives every cluster key its golden value', () => {
    const { epoch, ...keys } = ring.clusterKeys(CLUSTER);
    const hex = Object.fromEntries(Object.entries(keys).map(([name, key]) => [name, hexOf(key)]));
    expect({ epoch, ...hex }).toEqual(FIRST_EPOCH);
  });

  it('gives the vault-wide keys their golden values', () => {
    expect(hexOf(ring.controlKey)).toBe(CONTROL_KEY);
    expect(hexOf(ring.signer.publicKey)).toBe(SIGNER_PUBLIC_KEY);
  });

  it('separates epochs and clusters', () => {
    expect(hexOf(ring.clusterKeys(CLUSTER, 2).idKey)).toBe(SECOND_EPOCH_ID_KEY);
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
    expect(() => ring.clusterKeys(CLUSTER, 0)).toThrow(expect.objectContaining({ code: 'INTERNAL' }));
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
    expect(new Set(rings.map((ring) => hexOf(ring.controlKey))).size).toBe(1);
    expect(await readdir(join(directory, 'race'))).toEqual(['vault.key']);
  });

  it('is never replaced when it is damaged, and its text is not repeated', async () => {
    const file = join(directory, 'damaged.key');
    for (const text of ['', 'c2VjcmV0', '{"version":1,"root":"c2VjcmV0"}', '{"version":1}', 'null']) {
      await writeFile(file, text);
      const error: unknown = await KeyRing.open(file).catch((thrown: unknown) => thrown);
      expect(error).toMatchObject({ code: 'FORMAT_DAMAGED' });
      expect(inspect(error)).not.toContain('c2VjcmV0');
    }
  });

  it('of a later version is refused', async () => {
    const file = join(directory, 'later.key');
    await writeFile(file, JSON.stringify({ version: 2, root: Buffer.from(ROOT).toString('base64') }));
    await expect(KeyRing.open(file)).rejects.toMatchObject({ code: 'FORMAT_UNSUPPORTED' });
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
    expect(hexOf(KeyRing.fromRecoveryText(typed).controlKey)).toBe(CONTROL_KEY);
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
