import { API_BASE, openApiDocument } from '@lifeboat/console-api';
import type { Express } from 'express';
import { authenticate } from './authenticate.ts';
import type { RateLimiter } from './rate-limiter.ts';
import type { ServerServices } from './server-services.ts';

/** Who may read `/metrics`: everyone who reaches the port, holders of any token, nobody. */
export type MetricsAccess = 'public' | 'authenticated' | 'off';

/** What machines ask: alive, ready, figures, the API's description. */
export function serveOperationalRoutes(
  app: Express,
  services: ServerServices,
  options: { readonly metrics: MetricsAccess; readonly version: string; readonly failures: RateLimiter },
): void {
  const document = openApiDocument(options.version);

  app.get('/healthz', (_request, response) => {
    response.json({ status: 'alive' });
  });

  app.get('/readyz', async (_request, response) => {
    const { ready, problems } = await services.ready();
    response.status(ready ? 200 : 503).json({ status: ready ? 'ready' : 'not ready', problems });
  });

  app.get(`${API_BASE}/openapi.json`, (_request, response) => {
    response.json(document);
  });

  if (options.metrics === 'off') return;
  app.get('/metrics', async (request, response) => {
    if (options.metrics === 'authenticated') await authenticate(request, services, options.failures);
    response.type('text/plain; version=0.0.4').send(await services.metrics());
  });
}
