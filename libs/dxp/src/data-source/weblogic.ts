import type { Document } from '@xmldom/xmldom';
import { elementsOf, textBelow } from '../xml.ts';
import { textSetting, type DataSource, type ServerFile } from './data-source.ts';

/** A descriptor in `config/jdbc` of the domain. Its password is encrypted with the domain's key: none that can be read. */
export function weblogicDataSource(
  document: Document,
  file: ServerFile,
  name: string,
): DataSource | undefined {
  const root = document.documentElement;
  if (root === null) return undefined;
  if (!elementsOf(root, 'jndi-name').some(({ textContent }) => textContent?.trim() === name))
    return undefined;
  const url = textSetting(file, root, 'url');
  if (url === undefined) return undefined;
  const user = elementsOf(root, 'property').find((property) => textBelow(property, 'name')?.value === 'user');
  return {
    url,
    username: user && textSetting(file, user, 'value'),
    password: undefined,
    driver: textSetting(file, root, 'driver-name'),
  };
}
