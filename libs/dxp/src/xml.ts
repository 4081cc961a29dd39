import { DOMParser, ParseError, type Attr, type Document, type Element } from '@xmldom/xmldom';
import { LifeboatError } from '@lifeboat/kernel';

export type { Element } from '@xmldom/xmldom';

/** A server's configuration takes some 100 KB; a document tree takes a hundred times its text. */
const LARGEST_XML = 1024 * 1024;

/**
 * Reads XML: no entity but XML's own is expanded, nothing is fetched.
 * @throws LifeboatError FORMAT_UNSUPPORTED with the line that does not parse
 */
export function parseXml(text: string): Document {
  if (text.length > LARGEST_XML) throw new LifeboatError('FORMAT_UNSUPPORTED', 'more than 1 MiB of XML');
  try {
    return new DOMParser({ onError: () => undefined }).parseFromString(text, 'text/xml');
  } catch (error) {
    if (!(error instanceof ParseError)) throw error;
    const { lineNumber } = (error.locator ?? {}) as { lineNumber?: number };
    throw new LifeboatError('FORMAT_UNSUPPORTED', `not XML: ${error.message} in line ${lineNumber ?? 1}`, {
      cause: error,
    });
  }
}

/** Elements below `parent` of that local name, whatever their namespace: servers change theirs with each version. */
export function elementsOf(parent: Document | Element, name: string): Element[] {
  return [...parent.getElementsByTagNameNS('*', name)];
}

export interface XmlValue {
  readonly value: string;
  /** 1-based. */
  readonly line: number;
}

/** The text of the first such element. */
export function textBelow(parent: Element, name: string): XmlValue | undefined {
  const [found] = elementsOf(parent, name);
  return found && { value: (found.textContent ?? '').trim(), line: found.lineNumber ?? 0 };
}

export function attributeOf(element: Element, name: string): XmlValue | undefined {
  const found: Attr | null = element.getAttributeNode(name);
  return found === null
    ? undefined
    : { value: found.value, line: found.lineNumber ?? element.lineNumber ?? 0 };
}
