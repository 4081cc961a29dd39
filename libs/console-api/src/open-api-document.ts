import { OpenAPIRegistry, OpenApiGeneratorV31 } from '@asteasolutions/zod-to-openapi';
import type { z } from 'zod';
import type { Route } from './route.ts';
import { API_BASE, ROUTE_NAMES, ROUTES } from './routes.ts';
import { errorBodySchema } from './schemas/common.ts';

type Responses = Parameters<OpenAPIRegistry['registerPath']>[0]['responses'];

/** The OpenAPI 3.1 document of the console API, generated from ROUTES: it cannot say anything the server does not do. */
export function openApiDocument(version = '0.1.0'): object {
  const registry = new OpenAPIRegistry();
  registry.registerComponent('securitySchemes', 'bearer', { type: 'http', scheme: 'bearer' });
  for (const name of ROUTE_NAMES) registerRoute(registry, name, ROUTES[name]);
  return new OpenApiGeneratorV31(registry.definitions).generateDocument({
    openapi: '3.1.0',
    info: { title: 'Lifeboat console API', version },
  });
}

function registerRoute(registry: OpenAPIRegistry, operationId: string, route: Route): void {
  registry.registerPath({
    method: route.method,
    path: API_BASE + route.path.replaceAll(/:(\w+)/g, '{$1}'),
    operationId,
    summary: route.summary,
    ...(route.role === 'none'
      ? { security: [] }
      : { security: [{ bearer: [] }], description: `Needs the role ${route.role}.` }),
    request: {
      params: route.params,
      query: route.query,
      ...(route.mutating && { body: { content: jsonContent(route.body) } }),
    },
    ...(route.mutating && { parameters: [IDEMPOTENCY_KEY] }),
    responses: {
      [route.status]: { description: 'Done', content: jsonContent(route.response) },
      default: { description: 'Refused or failed', content: jsonContent(errorBodySchema) },
    } satisfies Responses,
  });
}

const IDEMPOTENCY_KEY = {
  name: 'Idempotency-Key',
  in: 'header' as const,
  required: false,
  description: 'A repeat with the same key gets the first answer instead of doing the work again',
  schema: { type: 'string' as const, minLength: 1, maxLength: 128 },
};

function jsonContent(schema: z.ZodType) {
  return { 'application/json': { schema } };
}
