import { describe, expect, it } from '@jest/globals';
import { openApiDocument } from './open-api-document.ts';
import { API_BASE, ROUTE_NAMES, ROUTES } from './routes.ts';

interface Operation {
  readonly operationId: string;
  readonly security: unknown[];
  readonly parameters?: readonly { readonly name: string; readonly in: string }[];
}

describe('the OpenAPI document', () => {
  const document = openApiDocument() as { paths: Record<string, Record<string, Operation>> };

  it('describes every route once, and nothing else', () => {
    const described = Object.values(document.paths).flatMap((path) =>
      Object.values(path).map((one) => one.operationId),
    );
    expect(described.sort()).toEqual([...ROUTE_NAMES].sort());
  });

  it.each(ROUTE_NAMES)(
    'asks %s for a token unless the request proves itself, and names its parameters',
    (name) => {
      const route = ROUTES[name];
      const path = API_BASE + route.path.replaceAll(/:(\w+)/g, '{$1}');
      const operation = document.paths[path]?.[route.method];
      expect(operation?.security).toEqual(route.role === 'none' ? [] : [{ bearer: [] }]);
      const names = (operation?.parameters ?? []).filter((one) => one.in === 'path').map((one) => one.name);
      expect(names).toEqual(Object.keys(route.params.shape));
      const takesKey = (operation?.parameters ?? []).some((one) => one.name === 'Idempotency-Key');
      expect(takesKey).toBe(route.mutating);
    },
  );

  it('has no reference that leads nowhere', () => {
    const text = JSON.stringify(document);
    const { schemas } = (document as unknown as { components: { schemas: object } }).components;
    const references = [...text.matchAll(/"\$ref":"#\/components\/schemas\/([^"]+)"/g)].map(
      (match) => match[1],
    );
    expect(Object.keys(schemas)).toEqual(expect.arrayContaining(references));
  });
});
