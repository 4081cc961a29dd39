/**
 * A portal without the portal: node homes, a document store, the tables that describe it, the load that users make,
 * an independent check, and a process that plays a node. It follows DXP's layouts and its order of store actions
 * against commits (DXP facts); it does not promise to serve pages.
 */
export { documentContent, imageContent } from './content.ts';
export {
  createDatabase,
  openDatabase,
  type Database,
  type DatabaseKind,
  type DatabaseSettings,
} from './database.ts';
export { TOMCAT } from './home-files.ts';
export { runLoad, type Counts, type LoadOptions, type RunningLoad } from './load/run-load.ts';
export { OPERATIONS, type Operation } from './load/operations.ts';
export { makePortal, type MakeOptions } from './make.ts';
export { defaultPidFile, runningPid, startNode, stopNode } from './node/control.ts';
export { serveNode, type ServeOptions } from './node/serve.ts';
export { readPortal, writePortal, type Portal, type PortalNode } from './portal.ts';
export type { StoreKind } from './stores/open-store.ts';
export { isWhole, verifyPortal, type VerifyReport } from './verify.ts';
