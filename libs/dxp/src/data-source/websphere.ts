import type { Document, Element } from '@xmldom/xmldom';
import { attributeOf, elementsOf } from '../xml.ts';
import { attributeSetting, type DataSource, type ServerFile } from './data-source.ts';

/**
 * A data source of `resources.xml`: the URL among its properties. User and password stand elsewhere, encoded
 * (`security.xml`), so neither is read.
 */
export function websphereDataSource(
  document: Document,
  file: ServerFile,
  name: string,
): DataSource | undefined {
  for (const factory of elementsOf(document, 'factories')) {
    if (attributeOf(factory, 'jndiName')?.value !== name) continue;
    const url = property(factory, 'URL') ?? property(factory, 'url');
    const setting = url && attributeSetting(file, url, 'value');
    if (setting === undefined) continue;
    const user = property(factory, 'user');
    return {
      url: setting,
      username: user && attributeSetting(file, user, 'value'),
      password: undefined,
      driver: undefined,
    };
  }
  return undefined;
}

function property(factory: Element, name: string): Element | undefined {
  return elementsOf(factory, 'resourceProperties').find(
    (candidate) => attributeOf(candidate, 'name')?.value === name,
  );
}
