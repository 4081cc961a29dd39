export { createHttpApp, type HttpAppOptions } from './http-app.ts';
export { HttpsListener, type HttpsCredentials } from './https-listener.ts';
export type { MetricsAccess } from './operational-routes.ts';
export { resolveReference } from './resolve-reference.ts';
export type {
  AuditRecord,
  Caller,
  KeptAnswer,
  Readiness,
  RouteWork,
  ServerServices,
} from './server-services.ts';
