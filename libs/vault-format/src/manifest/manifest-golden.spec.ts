import { describe, expect, it } from '@jest/globals';
import {
  computeChunkId,
  decodeManifestRoot,
  decodeSegment,
  encodeManifestRoot,
  SegmentBuilder,
  summarizeSegment,
  type ManifestEntry,
} from '../index.ts';
import { ID_KEY } from '../testing/fixed-keys.ts';
import { goldenBytes } from '../testing/golden-bytes.ts';

const SEGMENT = goldenBytes(`
  894c425365676d0a  magic
  0001              version 1
  0000              requires nothing
  0000              uses nothing
  0000              zero
  00000003          entries
  000000000000100c  content bytes 4108

  30                entry of 48 bytes: the root
  00                shares nothing with the path before
  00                and adds nothing
  0e                flags: directory (2), user (4), group (8)
  ed03              mode 0755
  e807              uid 1000
  e807              gid 1000
  00                a new name,
  07                of 7 bytes
  6c696665726179    "liferay"
  01                group: the first name again
  00006553f100      modified 1700000000 s
  075bcd15          + 123456789 ns
  00006553f100      changed 1700000000 s
  075bcd15          + 123456789 ns
  00                size
  0000000000000002  inode

  61                entry of 97 bytes
  00                shares nothing
  02                and adds 2 bytes
  61ff              "a", ff: not UTF-8
  59                flags: file (1), group (8), link group (16), xattrs (64)
  a013              mode 04640
  00                uid 0
  e807              gid 1000
  01                group: the first name
  ffffffffffff      modified -1 s
  3b9ac9ff          + 999999999 ns
  000000000000      changed 0 s
  00000000          + 0 ns
  8c20              size 4108
  0000000000000003  inode
  0000000000000003  link group
  01                one attribute
  06                name of 6 bytes
  757365722e61      "user.a"
  02                value of 2 bytes
  0102              value
  02                two parts
  18                12 * 2: a chunk of 12 bytes
  0134a4c5826a8496ea82f95c9711fc870b1fa30d96081c327d6d1a94a8f0274b37  its id
  8140              4096 * 2 + 1: a hole of 4096 bytes

  2f                entry of 47 bytes
  02                shares 2 bytes
  01                and adds 1
  62                "b"
  2f                flags: symlink (3), user (4), group (8), target (32)
  ff03              mode 0777
  00                uid 0
  00                gid 0
  00                a new name,
  04                of 4 bytes
  726f6f74          "root"
  02                group: the second name
  000000000000      modified 0 s
  00000001          + 1 ns
  000000000000      changed 0 s
  00000002          + 2 ns
  02                size
  0000000000000004  inode
  02                target of 2 bytes
  2e2e              ".."
`);

const HELLO_ID = computeChunkId(ID_KEY, 'data', Buffer.from('hello, chunk'));

const ENTRIES: ManifestEntry[] = [
  {
    path: Buffer.alloc(0),
    type: 'directory',
    mode: 0o755,
    uid: 1000,
    gid: 1000,
    user: 'liferay',
    group: 'liferay',
    mtimeNs: 1_700_000_000_123_456_789n,
    ctimeNs: 1_700_000_000_123_456_789n,
    size: 0,
    inode: 2n,
    content: [],
  },
  {
    path: Buffer.from([0x61, 0xff]),
    type: 'file',
    mode: 0o4640,
    uid: 0,
    gid: 1000,
    group: 'liferay',
    mtimeNs: -1n,
    ctimeNs: 0n,
    size: 4108,
    inode: 3n,
    linkGroup: 3n,
    content: [{ chunk: HELLO_ID, length: 12 }, { hole: 4096 }],
    xattrs: [{ name: Buffer.from('user.a'), value: Buffer.of(1, 2) }],
  },
  {
    path: Buffer.from([0x61, 0xff, 0x62]),
    type: 'symlink',
    mode: 0o777,
    uid: 0,
    gid: 0,
    user: 'root',
    group: 'root',
    mtimeNs: 1n,
    ctimeNs: 2n,
    size: 2,
    inode: 4n,
    linkTarget: Buffer.from('..'),
    content: [],
  },
];

const ROOT = goldenBytes(`
  894c42526f6f740a  magic
  0001              version 1
  0000              requires nothing
  0000              uses nothing
  0000              zero
  0000000000000203  entries 515
  0000000000011170  content bytes 70000
  00000002          segments

  019c1b52f3b822bbffda399e59614fd4caa8e1162294c68d84249f4977b80fbb6b  chunk id of the segment above
  00                first path: the root
  03                entries
  8c20              content bytes 4108
  df01              length 223

  0131cb9fb069dc604364995b8f58cf97e23bad76e90bd82b1ee81279114c133d86  chunk id
  03                first path of 3 bytes
  622f63            "b/c"
  8004              entries 512
  e48204            content bytes 65892
  e0d403            length 60000
`);

describe('manifests of format version 1', () => {
  it('write the golden segment and read it', () => {
    const builder = new SegmentBuilder();
    for (const entry of ENTRIES) expect(builder.push(entry)).toBeUndefined();
    expect(builder.finish()).toEqual(SEGMENT);
    expect([...decodeSegment(SEGMENT)]).toEqual(ENTRIES);
    expect(summarizeSegment(SEGMENT)).toEqual({
      firstPath: Buffer.alloc(0),
      entries: 3,
      contentBytes: 4108,
      length: 223,
    });
  });

  it('write the golden root and read it', () => {
    const root = {
      entries: 515,
      contentBytes: 70_000,
      segments: [
        { chunk: computeChunkId(ID_KEY, 'segment', SEGMENT), ...summarizeSegment(SEGMENT) },
        {
          chunk: computeChunkId(ID_KEY, 'segment', Buffer.from('hello, chunk')),
          firstPath: Buffer.from('b/c'),
          entries: 512,
          contentBytes: 65_892,
          length: 60_000,
        },
      ],
    };
    expect(encodeManifestRoot(root)).toEqual(ROOT);
    expect(decodeManifestRoot(ROOT)).toEqual(root);
  });
});
