import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import type { SetRow } from '@lifeboat/catalog';
import type { Change, Diff } from '@lifeboat/console-api';
import type { ManifestEntry } from '@lifeboat/vault-format';
import {
  captureTestTree,
  fileEntry,
  seededBytes,
  sendEntries,
  setDocument,
  TestSender,
  TestVaults,
  type TestVault,
} from '@lifeboat/vault/testing';

import type { ServerContext } from '../server-context.ts';
import { diffSets } from './diff-sets.ts';

const CHUNK = seededBytes('chunk', 33);

let vaults: TestVaults;
let test: TestVault;
beforeAll(async () => {
  vaults = await TestVaults.start();
  test = await vaults.make();
});
afterAll(() => vaults.stop());

function files(...names: string[]): ManifestEntry[] {
  return names.map((name) => fileEntry(name, 5, CHUNK));
}

async function setOf(trees: Record<string, ManifestEntry[]>): Promise<SetRow> {
  const document = setDocument(test, 1, null, CHUNK);
  const captures = [];
  for (const [tree, entries] of Object.entries(trees)) {
    const root = (await sendEntries(test, entries)).toString('hex');
    captures.push({
      ...document.captures[0]!,
      tree,
      root,
      entries: entries.length,
      bytes: 5 * entries.length,
    });
  }
  const id = randomUUID();
  return { id, cluster: test.cluster, document: { ...document, captures } } as unknown as SetRow;
}

async function page(before: SetRow, after: SetRow, limit: number, place?: string): Promise<Diff> {
  const context = { services: { vault: test.vault } } as unknown as ServerContext;
  return diffSets(context, before, after, { after: place, limit, withText: true });
}

async function everyPage(before: SetRow, after: SetRow, limit: number): Promise<Change[]> {
  const changes: Change[] = [];
  let place: string | undefined;
  do {
    const one = await page(before, after, limit, place);
    expect(one.changes.length).toBeLessThanOrEqual(limit);
    changes.push(...one.changes);
    place = one.next ?? undefined;
  } while (place !== undefined);
  return changes;
}

describe('a diff of two sets', () => {
  it('is the same however it is cut into pages: tree by tree, whole trees in one line', async () => {
    const bad = { ...fileEntry('', 5, CHUNK), path: Buffer.from([0x62, 0xff]) };
    const root: ManifestEntry = { ...fileEntry('', 0, CHUNK), type: 'directory' };
    const before = await setOf({ gone: files('x', 'y'), home: [root, ...files('a', 'b', 'c')] });
    const after = await setOf({
      home: [{ ...root, mode: 0o700 }, ...files('b'), bad, { ...files('c')[0]!, mode: 0o600 }],
      'new-one': files('z'),
    });
    const brief = (changes: Change[]): string[] =>
      changes.map(({ change, path, entries, aspects }) => `${change} ${path} ${entries} ${aspects}`);
    const whole = await everyPage(before, after, 100);
    expect(brief(whole)).toEqual([
      'removed node-1/gone 2 ',
      'changed node-1/home/ 1 mode',
      'removed node-1/home/a 1 ',
      'added node-1/home/b\\xff 1 ',
      'changed node-1/home/c 1 mode',
      'added node-1/new-one 1 ',
    ]);
    for (const limit of [1, 2, 3]) expect(await everyPage(before, after, limit)).toEqual(whole);
    expect((await page(before, after, 1)).entries).toEqual({ before: 6, after: 5 });
  });

  it('shows the lines of configuration that changed, secrets masked, and none to those who may not see them', async () => {
    const sender = await TestSender.connect(test.vault.id, test.cluster, test.parts.keyRing);
    const treeOf = async (properties: string): Promise<SetRow> => {
      const files = {
        'logs/a.log': Buffer.from(properties),
        'portal-ext.properties': Buffer.from(properties),
      };
      const root = (await captureTestTree(test, sender, files)).toString('hex');
      const row = await setOf({});
      const captures = [{ ...setDocument(test, 1, null, CHUNK).captures[0]!, tree: 'home', root }];
      return { ...row, document: { ...row.document!, captures } } as SetRow;
    };
    const before = await treeOf('a=1\nmail.password=S3');
    const after = await treeOf('a=2\nmail.password=S4');
    expect((await everyPage(before, after, 100)).map(({ path, text }) => [path, text])).toEqual([
      ['node-1/home/logs/a.log', null],
      [
        'node-1/home/portal-ext.properties',
        ['@@ line 1 became line 1 @@', '-a=1', '-mail.password=***', '+a=2', '+mail.password=***'],
      ],
    ]);
    const context = { services: { vault: test.vault } } as unknown as ServerContext;
    const { changes } = await diffSets(context, before, after, { limit: 100, withText: false });
    expect(changes.map(({ text }) => text)).toEqual([null, null]);
  });

  it('gives what is not sealed, or of another cluster, back with a reason', async () => {
    const one = await setOf({ home: files('a') });
    await expect(page(one, { ...one, cluster: randomUUID() } as SetRow, 10)).rejects.toMatchObject({
      code: 'CONFLICT',
    });
    await expect(page(one, { ...one, document: null } as SetRow, 10)).rejects.toMatchObject({
      code: 'CONFLICT',
    });
  });
});
