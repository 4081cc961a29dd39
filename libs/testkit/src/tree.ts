import { constants } from 'node:fs';
import {
  chmod,
  link,
  lutimes,
  mkdir,
  open,
  symlink as makeSymlink,
  utimes,
  writeFile,
} from 'node:fs/promises';

/** A tree as data: names to nodes. `makeTree(dir, { 'a.txt': file('hi'), sub: directory({ … }) })`. */
export interface TreeSpec {
  readonly [name: string]: TreeNode | string | Buffer;
}

type TreeNode =
  | { readonly type: 'file'; readonly content: string | Buffer; readonly options: NodeOptions }
  | { readonly type: 'directory'; readonly children: TreeSpec; readonly options: NodeOptions }
  | { readonly type: 'symlink'; readonly target: string }
  | { readonly type: 'hardlink'; readonly to: string }
  | {
      readonly type: 'sparse';
      readonly size: number;
      readonly data: readonly SparseData[];
      readonly options: NodeOptions;
    };

interface NodeOptions {
  readonly mode?: number;
  readonly mtime?: Date;
}

interface SparseData {
  readonly at: number;
  readonly bytes: Buffer;
}

export function file(content: string | Buffer, options: NodeOptions = {}): TreeNode {
  return { type: 'file', content, options };
}

export function directory(children: TreeSpec = {}, options: NodeOptions = {}): TreeNode {
  return { type: 'directory', children, options };
}

export function symlink(target: string): TreeNode {
  return { type: 'symlink', target };
}

/** Another name of a file that comes earlier in the tree; `to` is relative to the tree's root. */
export function hardlink(to: string): TreeNode {
  return { type: 'hardlink', to };
}

/** A file of `size` bytes that is a hole except where data is given. */
export function sparse(size: number, data: readonly SparseData[] = [], options: NodeOptions = {}): TreeNode {
  return { type: 'sparse', size, data, options };
}

/** A name of arbitrary bytes (one character per byte, not UTF-8), as a key of a TreeSpec. */
export function rawName(bytes: Uint8Array): string {
  return RAW + Buffer.from(bytes).toString('latin1');
}

const RAW = '\0raw:';

/** Makes the tree below `root`, which is made too. Times of directories are set last, since children move them. */
export async function makeTree(root: string, spec: TreeSpec): Promise<void> {
  await mkdir(root, { recursive: true });
  await makeChildren(Buffer.from(root), Buffer.from(root), spec);
}

async function makeChildren(root: Buffer, parent: Buffer, spec: TreeSpec): Promise<void> {
  for (const [name, node] of Object.entries(spec)) {
    const path = join(parent, nameBytes(name));
    await makeNode(root, path, typeof node === 'string' || Buffer.isBuffer(node) ? file(node) : node);
  }
}

async function makeNode(root: Buffer, path: Buffer, node: TreeNode): Promise<void> {
  switch (node.type) {
    case 'file':
      await writeFile(path, node.content);
      return applyOptions(path, node.options);
    case 'directory':
      await mkdir(path);
      await makeChildren(root, path, node.children);
      return applyOptions(path, node.options);
    case 'symlink':
      await makeSymlink(node.target, path);
      return lutimes(path, 1_700_000_000, 1_700_000_000);
    case 'hardlink':
      return link(join(root, Buffer.from(node.to)), path);
    case 'sparse':
      await makeSparse(path, node.size, node.data);
      return applyOptions(path, node.options);
  }
}

async function makeSparse(path: Buffer, size: number, data: readonly SparseData[]): Promise<void> {
  const handle = await open(path, constants.O_CREAT | constants.O_WRONLY | constants.O_EXCL);
  try {
    await handle.truncate(size);
    for (const { at, bytes } of data) await handle.write(bytes, 0, bytes.length, at);
  } finally {
    await handle.close();
  }
}

async function applyOptions(path: Buffer, { mode, mtime }: NodeOptions): Promise<void> {
  if (mode !== undefined) await chmod(path, mode);
  if (mtime !== undefined) await utimes(path, mtime, mtime);
}

function nameBytes(name: string): Buffer {
  return name.startsWith(RAW) ? Buffer.from(name.slice(RAW.length), 'latin1') : Buffer.from(name);
}

function join(parent: Buffer, name: Buffer): Buffer {
  return Buffer.concat([parent, Buffer.from('/'), name]);
}
