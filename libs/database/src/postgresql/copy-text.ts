/** Column names of `COPY schema.table (a, "b,c") FROM stdin;`, lower-cased; none for a table without columns. */
export function copyColumns(statement: string): string[] {
  const list = / \((.*)\) FROM stdin;/s.exec(statement)?.[1] ?? '';
  return [...list.matchAll(/"((?:[^"]|"")*)"|([^",\s]+)/g)].map((match) =>
    (match[1]?.replaceAll('""', '"') ?? match[2] ?? '').toLowerCase(),
  );
}

const ESCAPES: Readonly<Record<string, string>> = { b: '\b', f: '\f', n: '\n', r: '\r', t: '\t', v: '\v' };

/** Fields of one row in COPY text format, without its line end; `\N` is null. */
export function copyFields(line: string): (string | null)[] {
  return line.split('\t').map((field) => (field === '\\N' ? null : unescaped(field)));
}

function unescaped(field: string): string {
  if (!field.includes('\\')) return field;
  return field.replaceAll(/\\([\s\S])/g, (_, letter: string) => ESCAPES[letter] ?? letter);
}
