import type { Buffer } from 'node:buffer';

/** One file, directory or symbolic link of a captured tree, with all that a restore needs to make it again. */
export interface ManifestEntry {
  /** Relative to the tree's root, '/'-separated bytes; the root itself is empty. Need not be UTF-8. */
  path: Buffer;
  type: 'file' | 'directory' | 'symlink';
  /** Permission bits, 0 to 0o7777. */
  mode: number;
  uid: number;
  gid: number;
  /** Names of uid and gid where they were captured: preferred at restore, when they exist there. */
  user?: string;
  group?: string;
  /** Nanoseconds since 1970. */
  mtimeNs: bigint;
  /** Nanoseconds since 1970: for telling an unchanged file, not restorable. */
  ctimeNs: bigint;
  /** Bytes; of a file always the sum of its content. */
  size: number;
  inode: bigint;
  /** Files of a tree with the same link group are names of one file; set when it had more than one. */
  linkGroup?: bigint;
  linkTarget?: Buffer;
  /** In order, without gaps. Empty unless a file. */
  content: ContentPart[];
  /** Extended attributes, ACLs among them, in byte order of name. */
  xattrs?: { name: Buffer; value: Buffer }[];
}

/** Bytes kept as a chunk (33-byte id), or that many zero bytes. */
export type ContentPart = { chunk: Buffer; length: number } | { hole: number };
