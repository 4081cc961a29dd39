import { chmod, chown, lutimes, utimes } from 'node:fs/promises';
import path from 'node:path';
import {
  directory,
  file,
  hardlink,
  rawName,
  seededBytes,
  sparse,
  symlink,
  makeTree,
  type TreeSpec,
} from '@lifeboat/testkit';

import { isRoot } from './path-cluster.fixture.ts';
import { tool } from './witness.fixture.ts';

/** A tree of everything that is awkward: names, links, holes, modes, owners, attributes, ACLs, times. */
export async function makeAwkwardTree(tree: string): Promise<void> {
  await makeTree(tree, NASTY);
  await decorate(tree);
}

const NASTY: TreeSpec = {
  'a\nname\nwith newlines': 'x',
  ['ü'.repeat(127) + 'x']: 'a name of 255 bytes',
  ['d'.repeat(255)]: directory({ 'below it': 'x' }),
  [rawName(Buffer.from([0x66, 0xff, 0xfe, 0x80]))]: 'not UTF-8',
  [rawName(Buffer.from([0xc3, 0x28]))]: directory({ [rawName(Buffer.from([0x01, 0xf0]))]: 'deeper' }),
  ' leading space': '',
  '-rf': 'looks like an option',
  '*?[glob]': 'x',
  'back\\slash': 'x',
  '.hidden': directory({ '..almost': 'x' }),
  empty: '',
  'empty directory': directory(),
  loop: directory({ again: symlink('../loop'), self: symlink('self') }),
  dangling: symlink('/nowhere/at all'),
  'absolute link': symlink('/etc/passwd'),
  'link of 4095 bytes': symlink('x'.repeat(4095)),
  one: directory({ original: 'shared bytes' }),
  two: directory({
    'hard link': hardlink('one/original'),
    three: directory({ another: hardlink('one/original') }),
  }),
  'sparse with data': sparse(64 << 20, [
    { at: 0, bytes: seededBytes('head', 5000) },
    { at: 33 << 20, bytes: seededBytes('middle', 200_000) },
  ]),
  'all a hole': sparse(10 << 20),
  'ends in a hole': sparse((3 << 20) + 17, [{ at: 1 << 20, bytes: seededBytes('end', 1 << 20) }]),
  'zeros written': file(Buffer.alloc(300_000)),
  'of many chunks': file(seededBytes('big', 9_000_000)),
  setuid: file('x', { mode: 0o4755 }),
  setgid: file('x', { mode: 0o2755 }),
  'nobody may': file('x', { mode: 0o000 }),
  sticky: directory({}, { mode: 0o1777 }),
  'setgid directory': directory({ x: 'x' }, { mode: 0o2750 }),
  'read-only directory': directory({ x: file('x', { mode: 0o400 }) }, { mode: 0o555 }),
  old: file('x', { mtime: new Date('1902-03-04T05:06:07Z') }),
  future: file('x', { mtime: new Date('2199-01-01T00:00:00Z') }),
  'before 1970 by less than a second': 'x',
};

/** What Node's own calls cannot make: attributes, ACLs, nanoseconds, owners. */
async function decorate(tree: string): Promise<void> {
  const at = (name: string) => path.join(tree, name);
  await tool('setfattr', ['-n', 'user.colour', '-v', 'blue', at('empty')]);
  await tool('setfattr', ['-n', 'user.binary', '-v', `0x${'00ff'.repeat(500)}`, at('one/original')]);
  await tool('setfattr', ['-n', 'user.on-directory', '-v', '', at('empty directory')]);
  await tool('setfacl', ['-m', 'u:12:r-x,g:34:rw-', at('of many chunks')]);
  await tool('setfacl', ['-m', 'u:12:r-x,d:u:56:rwx', at('setgid directory')]);
  if (isRoot) {
    await chown(at('-rf'), 12_345, 54_321);
    await tool('chown', ['-h', '4000000000:7', at('dangling')]);
    await chown(at('sticky'), 1, 2);
    // Changing the owner takes these bits away.
    await chown(at('setuid'), 3, 4);
    await chmod(at('setuid'), 0o4755);
  }
  await tool('touch', ['-d', '2001-02-03 04:05:06.123456789 UTC', at('*?[glob]')]);
  await tool('touch', ['-h', '-d', '1999-12-31 23:59:59.999999999 UTC', at('absolute link')]);
  await tool('touch', ['-d', '1969-12-31 23:59:59.000000001 UTC', at('before 1970 by less than a second')]);
  await tool('touch', ['-d', '2033-01-01 00:00:00.000000001 UTC', at('empty directory')]);
  await lutimes(at('loop/self'), 1, 2);
  await utimes(tree, 1_234_567_890, 1_234_567_890.5);
}
