import { afterEach, beforeEach, expect, it } from '@jest/globals';
import { silentLog } from '@lifeboat/kernel';
import { movableClock, tempDir, type MovableClock, type TempDir } from '@lifeboat/testkit';
import type { Tree } from '@lifeboat/wire';

import { Holds } from './holds.ts';

let dir: TempDir;
let clock: MovableClock;
let holds: Holds;
let tree: Tree;
beforeEach(async () => {
  dir = await tempDir('lifeboat-holds');
  clock = movableClock();
  holds = new Holds('node-1', clock, silentLog);
  tree = { name: 'document-store', kind: 'document-store', path: dir.path, excludes: [] };
});
afterEach(async () => {
  await holds.close();
  await dir.remove();
});

it('a fence is up from the moment a tree is held until it is released', async () => {
  holds.watch(tree);
  expect(holds.isFenceUp).toBe(false);
  await holds.arm(tree, 'set-1', []);
  expect(holds.isFenceUp).toBe(true);
  await holds.release(tree);
  expect(holds.isFenceUp).toBe(false);
});

it('a fence whose server is gone is not up for ever', async () => {
  await holds.arm(tree, 'set-1', []);
  clock.advance(10 * 60_000 + 1);
  expect(holds.isFenceUp).toBe(false);
  await holds.arm(tree, 'set-2', []);
  expect(holds.isFenceUp).toBe(true);
});
