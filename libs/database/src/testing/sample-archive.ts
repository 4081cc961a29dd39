/** A table of a sample archive: its rows as COPY writes them. */
export interface SampleTable {
  readonly tag: string;
  readonly columns: string;
  readonly data: readonly string[];
}

/** What pg_dump 15 writes: header, contents, one piece for each row, two large objects. */
export function sampleArchive(tables: readonly SampleTable[]): Buffer {
  const blobsId = tables.length + 1;
  const head = [
    Buffer.from('PGDMP\x01\x0e\x00\x04\x08\x01', 'latin1'),
    ...Array.from({ length: 8 }, () => int(0)), // compression, time
    ...['lportal', '15.18', '15.18'].map(text),
    int(blobsId),
  ];
  const contents = tables.map(({ tag, columns }, index) =>
    entry(index + 1, tag, 'TABLE DATA', `COPY public.${tag} (${columns}) FROM stdin;\n`),
  );
  const blocks = tables.map(({ data }, index) => [
    Buffer.from([1]),
    int(index + 1),
    ...data.map((row) => text(`${row}\n`)),
    text('\\.\n\n\n'),
    int(0),
  ]);
  const blobs = [Buffer.from([3]), int(blobsId)];
  for (const oid of [16400, -5]) blobs.push(int(oid), text('bytes\n'), text('more'), int(0));
  return Buffer.concat([
    ...head,
    ...contents,
    entry(blobsId, 'BLOBS', 'BLOBS', ''),
    ...blocks.flat(),
    ...blobs,
    int(0),
  ]);
}

function entry(dumpId: number, tag: string, kind: string, copy: string): Buffer {
  const strings = (values: (string | null)[]): Buffer[] =>
    values.map((value) => (value === null ? int(-1) : text(value)));
  return Buffer.concat([
    int(dumpId),
    int(1),
    ...strings(['0', '0', tag, kind]),
    int(3),
    ...strings([null, null, copy, 'public', null, null, 'owner', 'false', '1', null]),
    Buffer.from([1, 0, 0, 0, 0, 0, 0, 0, 0]),
  ]);
}

function int(value: number): Buffer {
  const bytes = Buffer.alloc(5);
  bytes[0] = value < 0 ? 1 : 0;
  bytes.writeUInt32LE(Math.abs(value), 1);
  return bytes;
}

function text(value: string): Buffer {
  const bytes = Buffer.from(value);
  return Buffer.concat([int(bytes.length), bytes]);
}
