import { lstatSync, readdirSync, readFileSync } from 'node:fs';
import { forFileSystem, type BytePath } from '@lifeboat/file-tree';
import { LifeboatError } from '@lifeboat/kernel';
import { readSegmentInfo } from './segment-info.ts';
import { readSegmentsFile, type LegacyFiles, type SegmentRecord } from './segments-file.ts';

/** A commit point of an index, and every file that it names, itself among them. */
export interface Commit {
  /** `segments_N`. */
  readonly name: string;
  readonly files: readonly CommittedFile[];
  /** Of its newest segment, such as `8.8.1`; undefined where nothing says so. */
  readonly luceneVersion: string | undefined;
  /** Without deleted ones. */
  readonly documents: number;
  readonly committedAt: Date;
  /** Lucene 3: which files belong to it was seen in the directory, and holds while no newer commit is there. */
  readonly isListed: boolean;
}

export interface CommittedFile {
  readonly name: string;
  /** Written by a Lucene that ends every file with a checksum. */
  readonly hasFooter: boolean;
}

/** N in `segments_N` counts in base 36. */
const COMMIT = /^segments_([0-9a-z]{1,13})$/;
/** A name from inside a file becomes part of a path: nothing but a plain one. */
const PLAIN_NAME = /^[0-9A-Za-z_][0-9A-Za-z_.-]{0,200}$/;
const FIRST_WITH_FOOTERS = 5;
/** An index has some hundred segments of at most some hundred files. */
const MOST_BYTES = 64 * 1024 * 1024;

/** Names of the commit points among the names in a directory, newest first. */
export function commitNames(names: readonly string[]): string[] {
  return names
    .flatMap((name) => {
      const number = COMMIT.exec(name)?.[1];
      return number === undefined ? [] : [{ name, generation: base36(number) }];
    })
    .sort((one, other) => (one.generation < other.generation ? 1 : -1))
    .map(({ name }) => name);
}

/**
 * Reads the commit point `name` in an index's directory.
 * @throws LifeboatError FORMAT_DAMAGED, FORMAT_UNSUPPORTED, PATH_UNSAFE; what the file system says, ENOENT foremost: a
 *   writer deletes a commit once there is a newer one
 */
export function readCommit(directory: BytePath, name: string): Commit {
  const location = forFileSystem(`${directory}/${name}`);
  const committedAt = lstatSync(location).mtime;
  const { luceneVersion, segments } = readSegmentsFile(name, readSmall(directory, name));
  const isListed = segments.some(({ legacy }) => legacy !== undefined);
  const listed = isListed ? namesIn(directory) : [];
  const read = segments.map((segment) => readSegment(directory, segment, listed));
  const hasFooter = majorOf(luceneVersion) >= FIRST_WITH_FOOTERS;
  const files = [{ name, hasFooter }, ...read.flatMap((segment) => segment.files)];
  for (const file of files) assertPlain(file.name, name);
  return {
    name,
    files,
    luceneVersion: luceneVersion ?? read.at(-1)?.luceneVersion,
    documents: read.reduce((sum, segment) => sum + segment.documents, 0),
    committedAt,
    isListed,
  };
}

interface ReadSegment {
  readonly files: readonly CommittedFile[];
  readonly documents: number;
  readonly luceneVersion?: string | undefined;
}

function readSegment(directory: BytePath, segment: SegmentRecord, listed: readonly string[]): ReadSegment {
  const { name, files, deleted, legacy } = segment;
  if (legacy !== undefined) {
    const all = [...legacyFiles(legacy.files, listed), ...files];
    return {
      files: all.map((file) => ({ name: file, hasFooter: false })),
      documents: legacy.documents - deleted,
    };
  }
  const own = `${name}.si`;
  assertPlain(own, name);
  const info = readSegmentInfo(own, readSmall(directory, own));
  const hasFooter = majorOf(info.luceneVersion) >= FIRST_WITH_FOOTERS;
  // Some releases list the `.si` in itself, others do not.
  const all = new Set([own, ...info.files, ...files]);
  return {
    files: [...all].map((file) => ({ name: file, hasFooter })),
    documents: info.documents - deleted,
    luceneVersion: info.luceneVersion,
  };
}

function legacyFiles({ baseNames, required }: LegacyFiles, listed: readonly string[]): string[] {
  const ofBase = new Set(baseNames);
  const there = listed.filter((name) => ofBase.has(name.slice(0, name.lastIndexOf('.'))));
  return [...new Set([...required, ...there])];
}

export function namesIn(directory: BytePath): string[] {
  return readdirSync(forFileSystem(directory), { encoding: 'latin1' });
}

function readSmall(directory: BytePath, name: string): Buffer {
  const location = forFileSystem(`${directory}/${name}`);
  const stat = lstatSync(location);
  if (!stat.isFile() || stat.size > MOST_BYTES)
    throw new LifeboatError('FORMAT_DAMAGED', `${name} is no file, or has ${stat.size} bytes`);
  return readFileSync(location);
}

function assertPlain(name: string, namedBy: string): void {
  if (PLAIN_NAME.test(name)) return;
  throw new LifeboatError('PATH_UNSAFE', `${namedBy} names a file ${JSON.stringify(name)}`);
}

function majorOf(version: string | undefined): number {
  return Number.parseInt(version ?? '0', 10);
}

function base36(digits: string): bigint {
  let value = 0n;
  for (const digit of digits) value = value * 36n + BigInt(Number.parseInt(digit, 36));
  return value;
}
