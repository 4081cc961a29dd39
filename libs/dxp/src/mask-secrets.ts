const SECRET = String.raw`(?:pass(?:word|wd|phrase)?|pwd|secret|token|credential|api-?key|(?:access|private|account|shared|encryption|service.?account|aes\d*|activation|license)[._-]?key|connection-?string|auth[._-]?value)`;
const SECRET_NAME = new RegExp(SECRET, 'i');
const MASK = '***';

/** `name = value` of properties, `.config`, YAML and shell: an indent, a name, a separator. */
const ASSIGNMENT = /^(\s*(?:-\s+|export\s+)?["']?[^\s=:<>"']+["']?\s*[=:\s]\s*)(.*)$/;
/** The same anywhere in a line, behind a comment sign or within braces. */
const INLINE = new RegExp(
  String.raw`([\w.-]*${SECRET}[\w.-]*["']?\s*\\?[=:]\s*)("[^"]*"|'[^']*'|[^\s,;}&<]*[^\s,;}&<"'])`,
  'gi',
);
/** In a comment an old value ends nowhere. */
const TO_THE_END = new RegExp(String.raw`(${SECRET}[\w.-]*["']?\s*\\?[=:\s]\s*)\S.*$`, 'i');
const XML_ATTRIBUTE = /([\w:.-]+)(\s*=\s*)("[^"]*"|'[^']*')/g;

/**
 * The text with its secrets masked, line for line, so that differences keep their places. Values of names that speak of
 * secrets, credentials in URLs, and arguments `-Dname=value`. It masks too much rather than too little; what gives no
 * sign of being a secret is shown.
 */
export function maskSecrets(text: string): string[] {
  let hidden: 'continued' | 'element' | undefined;
  let named = false;
  return text.split(/\r\n|\r|\n/).map((line) => {
    if (hidden === 'continued') {
      if (!isContinued(line)) hidden = undefined;
      return line.trim() === '' ? line : MASK;
    }
    if (hidden === 'element') {
      if (line.includes('</')) hidden = undefined;
      return MASK;
    }
    const setting = ASSIGNMENT.exec(line);
    if (setting !== null && SECRET_NAME.test(setting[1]!)) {
      if (isContinued(line)) hidden = 'continued';
      return setting[2] === '' ? line : `${setting[1]}${MASK}`;
    }
    if (/^\s*[#!]|<!--/.test(line)) return maskUrls(maskAttributes(line.replace(TO_THE_END, `$1${MASK}`)));
    if (line.includes('<')) {
      const masked = maskXml(line, named);
      named = masked.named;
      if (masked.open) hidden = 'element';
      return maskUrls(masked.line);
    }
    return maskUrls(maskAttributes(line).replace(INLINE, `$1${MASK}`));
  });
}

function isContinued(line: string): boolean {
  return /(?:^|[^\\])(?:\\\\)*\\$/.test(line);
}

/** `named`: a name of a secret was given, whose value comes in another element. */
function maskXml(line: string, named: boolean): { line: string; open: boolean; named: boolean } {
  const namesSecret = /<(?:[\w:-]*name)>\s*([^<]*)</i.exec(line)?.[1];
  const attributesName = [...line.matchAll(XML_ATTRIBUTE)].some(
    ([, name, , value]) => /name$/i.test(name!) && SECRET_NAME.test(value!),
  );
  const secret = named || attributesName || SECRET_NAME.test(namesSecret ?? '');
  let masked = maskAttributes(line, secret);
  masked = masked.replace(
    /<([\w:.-]+)([^>]*)>([^<]+)(?=<|$)/g,
    (whole, tag: string, rest: string, body: string) => {
      const isValue = /value$/i.test(tag) && secret;
      return (SECRET_NAME.test(tag) || isValue || (attributesName && !/name$/i.test(tag))) &&
        body.trim() !== ''
        ? `<${tag}${rest}>${MASK}`
        : whole;
    },
  );
  const last = /<([\w:.-]+)[^<>/]*>\s*(?:\*\*\*)?$/.exec(masked)?.[1];
  const open = last !== undefined && (SECRET_NAME.test(last) || (secret && /value$/i.test(last)));
  const stillNamed =
    namesSecret === undefined ? named && !/value/i.test(line) : secret && !/value/i.test(line);
  return { line: masked, open, named: stillNamed };
}

function maskAttributes(line: string, valueToo = false): string {
  return line
    .replace(XML_ATTRIBUTE, (whole, name: string, equals: string) =>
      SECRET_NAME.test(name) || (valueToo && /value$/i.test(name)) ? `${name}${equals}"${MASK}"` : whole,
    )
    .replace(/(-D[^\s=]+=)("[^"]*"|[^\s"']+)/g, (whole, name: string) =>
      SECRET_NAME.test(name) ? `${name}${MASK}` : whole,
    );
}

/** `//user:password@host`, Oracle's `user/password@`, and parameters of a URL. */
function maskUrls(line: string): string {
  return line
    .replace(/(\/\/[^\s/@:]*:)\S+@/g, `$1${MASK}@`)
    .replace(/(jdbc:oracle:\w+:[^\s/@]*\/)[^\s@]+@/g, `$1${MASK}@`)
    .replace(/([?&;](?:amp;)?)([\w.-]+)=([^&;\s"'<]+)/g, (whole, start: string, name: string) =>
      SECRET_NAME.test(name) ? `${start}${name}=${MASK}` : whole,
    );
}
