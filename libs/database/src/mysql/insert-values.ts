const ESCAPES: Readonly<Record<string, string>> = {
  '0': '\0',
  b: '\b',
  n: '\n',
  r: '\r',
  t: '\t',
  Z: '\x1a',
};

/** The values between the parentheses of one row: text as it was stored, numbers as written, null for NULL. */
export function insertValues(row: string): (string | null)[] {
  const values: (string | null)[] = [];
  let at = 0;
  while (at < row.length) {
    // A character set introducer (`_binary 'x'`) says how, not what.
    const introducer = /^_\w+ (?=')/.exec(row.slice(at, at + 32));
    if (introducer !== null) at += introducer[0].length;
    if (row[at] === "'") {
      const end = endOfString(row, at);
      values.push(unescaped(row.slice(at + 1, end)));
      at = end + 1;
    } else {
      const comma = row.indexOf(',', at);
      const end = comma === -1 ? row.length : comma;
      values.push(bareValue(row.slice(at, end)));
      at = end;
    }
    at += 1; // the comma
  }
  return values;
}

function bareValue(text: string): string | null {
  if (text === 'NULL') return null;
  return text.startsWith('0x') ? Buffer.from(text.slice(2), 'hex').toString('utf8') : text;
}

/** Position of the closing quote: a quote inside is doubled or escaped. */
function endOfString(row: string, start: number): number {
  for (let at = start + 1; at < row.length; at += 1) {
    if (row[at] === '\\') at += 1;
    else if (row[at] === "'") {
      if (row[at + 1] !== "'") return at;
      at += 1;
    }
  }
  return row.length;
}

function unescaped(text: string): string {
  if (!text.includes('\\') && !text.includes("'")) return text;
  return text.replaceAll(/\\([\s\S])|''/g, (match, letter?: string) =>
    letter === undefined ? match.slice(1) : (ESCAPES[letter] ?? letter),
  );
}
