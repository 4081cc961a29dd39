const PREFIX = 'LIFERAY_';

/** The portal's names of characters in environment variables: its character constants without underscores. */
const NAMED: Readonly<Record<string, string>> = {
  AMPERSAND: '&',
  APOSTROPHE: "'",
  AT: '@',
  BACKSLASH: '\\',
  CARET: '^',
  CLOSEBRACKET: ']',
  CLOSECURLYBRACE: '}',
  CLOSEPARENTHESIS: ')',
  COLON: ':',
  COMMA: ',',
  DASH: '-',
  DOLLAR: '$',
  EQUAL: '=',
  EXCLAMATION: '!',
  FORWARDSLASH: '/',
  GRAVEACCENT: '`',
  GREATERTHAN: '>',
  LESSTHAN: '<',
  MINUS: '-',
  NEWLINE: '\n',
  OPENBRACKET: '[',
  OPENCURLYBRACE: '{',
  OPENPARENTHESIS: '(',
  PERCENT: '%',
  PERIOD: '.',
  PIPE: '|',
  PLUS: '+',
  POUND: '#',
  QUESTION: '?',
  QUOTE: '"',
  RETURN: '\r',
  SEMICOLON: ';',
  SLASH: '/',
  SPACE: ' ',
  STAR: '*',
  TAB: '\t',
  TILDE: '~',
  UNDERLINE: '_',
};

/**
 * The portal property that an environment variable sets (DXP facts §1.4, step 7); undefined for other variables.
 * The rule: without the prefix, in lower case; then each `_NAME_` is one character: a name above, UPPERCASEX,
 * LOWERCASEX, NUMBER7, or a decimal code point. What is not such a name stays as it is.
 */
export function decodeEnvironmentKey(variable: string): string | undefined {
  if (!variable.startsWith(PREFIX)) return undefined;
  const text = variable.slice(PREFIX.length).toLowerCase();
  let key = '';
  let from = 0;
  for (;;) {
    const open = text.indexOf('_', from);
    const close = open < 0 ? -1 : text.indexOf('_', open + 1);
    if (close < 0) return key + text.slice(from);
    key +=
      text.slice(from, open) + (decodeCharacter(text.slice(open + 1, close)) ?? text.slice(open, close + 1));
    from = close + 1;
  }
}

/** The variable that sets a portal property: the inverse of `decodeEnvironmentKey`, for overrides at restore. */
export function encodeEnvironmentKey(key: string): string {
  return PREFIX + Array.from(key, encodeCharacter).join('');
}

function decodeCharacter(encoded: string): string | undefined {
  const name = encoded.toUpperCase();
  if (Object.hasOwn(NAMED, name)) return NAMED[name];
  const spelled = /^(UPPERCASE|LOWERCASE|NUMBER)([A-Z0-9])$/.exec(name);
  if (spelled) return spelled[1] === 'LOWERCASE' ? spelled[2]!.toLowerCase() : spelled[2]!;
  if (!/^\d{1,7}$/.test(name)) return undefined;
  const point = Number(name);
  return point <= 0x10_ff_ff ? String.fromCodePoint(point) : undefined;
}

function encodeCharacter(char: string): string {
  if (/[a-z0-9]/.test(char)) return char.toUpperCase();
  if (/[A-Z]/.test(char)) return `_UPPERCASE${char}_`;
  const name = Object.keys(NAMED).find((candidate) => NAMED[candidate] === char);
  return `_${name ?? char.codePointAt(0)}_`;
}
