import { API_BASE, ROUTE_NAMES, ROUTES } from '@lifeboat/console-api';
import { LifeboatError, type Clock, type Log } from '@lifeboat/kernel';
import express, { type Express } from 'express';
import { errorHandler } from './error-response.ts';
import { serveOperationalRoutes, type MetricsAccess } from './operational-routes.ts';
import { RateLimiter } from './rate-limiter.ts';
import { requestLog } from './request-log.ts';
import { securityHeaders } from './security-headers.ts';
import { serveRoute } from './serve-route.ts';
import type { ServerServices } from './server-services.ts';

export interface HttpAppOptions {
  readonly log: Log;
  readonly clock: Clock;
  readonly version?: string;
  /** Default `public`: the figures name no document and hold no secret. */
  readonly metrics?: MetricsAccess;
  /** Per address and minute. Default 20. */
  readonly failedAuthenticationsPerMinute?: number;
  /** Per address and minute. Default 60: a whole site may join from behind one address. */
  readonly joinsPerMinute?: number;
}

/** The console API as an express app: everything in ROUTES, and nothing else. Serve it over HTTPS only. */
export function createHttpApp(services: ServerServices, options: HttpAppOptions): Express {
  const { log, clock } = options;
  const limits = {
    failedAuthentication: new RateLimiter(options.failedAuthenticationsPerMinute ?? 20, clock),
    join: new RateLimiter(options.joinsPerMinute ?? 60, clock),
  };
  const app = express();
  app.disable('x-powered-by');
  app.disable('etag');
  app.set('query parser', 'simple');
  app.use(requestLog(log, clock), securityHeaders);
  serveOperationalRoutes(app, services, {
    metrics: options.metrics ?? 'public',
    version: options.version ?? '0.1.0',
    failures: limits.failedAuthentication,
  });
  for (const name of ROUTE_NAMES) {
    const { method, path } = ROUTES[name];
    app[method](API_BASE + path, serveRoute(name, services, limits));
  }
  app.use((request) => {
    throw new LifeboatError('NOT_FOUND', `there is no ${request.method} ${request.path}`, {
      guidance: `See ${API_BASE}/openapi.json.`,
    });
  });
  app.use(errorHandler(log));
  return app;
}
