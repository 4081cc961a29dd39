import type { Document } from '@xmldom/xmldom';
import { baseName } from '../paths.ts';
import { attributeOf, elementsOf } from '../xml.ts';
import { attributeSetting, textSetting, type DataSource, type ServerFile } from './data-source.ts';

/**
 * A `<datasource>` or `<xa-datasource>` whose JNDI name ends in the same word: the application's name for it may differ
 * in its context. Old servers have user and password as elements, new ones as attributes of `<security>`.
 */
export function jbossDataSource(document: Document, file: ServerFile, name: string): DataSource | undefined {
  const sources = [...elementsOf(document, 'datasource'), ...elementsOf(document, 'xa-datasource')];
  for (const source of sources) {
    if (baseName(attributeOf(source, 'jndi-name')?.value ?? '') !== baseName(name)) continue;
    const url = textSetting(file, source, 'connection-url') ?? xaUrl(source, file);
    if (url === undefined) continue;
    const [security] = elementsOf(source, 'security');
    const secured = (attribute: string) => security && attributeSetting(file, security, attribute);
    return {
      url,
      username: textSetting(file, source, 'user-name') ?? secured('user-name'),
      password: textSetting(file, source, 'password') ?? secured('password'),
      driver: textSetting(file, source, 'driver'),
    };
  }
  return undefined;
}

function xaUrl(
  source: ReturnType<typeof elementsOf>[number],
  file: ServerFile,
): DataSource['url'] | undefined {
  const property = elementsOf(source, 'xa-datasource-property').find((candidate) =>
    /^url$/i.test(attributeOf(candidate, 'name')?.value ?? ''),
  );
  return (
    property && {
      value: file.expand((property.textContent ?? '').trim()),
      file: file.file,
      line: property.lineNumber ?? 0,
    }
  );
}
