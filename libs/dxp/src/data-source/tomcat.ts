import type { Document, Element } from '@xmldom/xmldom';
import { attributeOf, elementsOf } from '../xml.ts';
import { attributeSetting, bareJndiName, type DataSource, type ServerFile } from './data-source.ts';

/**
 * A `<Resource>` of that name, or the one of the server's global names that a `<ResourceLink>` of that name stands for
 * (Tomcat: JNDI resources how-to). Files: strongest first.
 */
export function tomcatDataSource(
  files: readonly { readonly file: ServerFile; readonly document: Document }[],
  name: string,
): DataSource | undefined {
  const link = files.flatMap(({ document }) => named(document, 'ResourceLink', name))[0];
  const wanted = [name, ...(link === undefined ? [] : [attributeOf(link, 'global')?.value ?? name])];
  for (const jndiName of wanted) {
    for (const { file, document } of files) {
      for (const resource of named(document, 'Resource', jndiName)) {
        const url = attributeSetting(file, resource, 'url');
        if (url === undefined) continue;
        return {
          url,
          username: attributeSetting(file, resource, 'username'),
          password: attributeSetting(file, resource, 'password'),
          driver: attributeSetting(file, resource, 'driverClassName'),
        };
      }
    }
  }
  return undefined;
}

function named(document: Document, element: string, name: string): Element[] {
  return elementsOf(document, element).filter(
    (candidate) => bareJndiName(attributeOf(candidate, 'name')?.value ?? '') === bareJndiName(name),
  );
}
