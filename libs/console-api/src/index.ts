/**
 * The console API: every request and answer under `/api/v1` as a schema, in one table (`ROUTES`) from which the
 * server serves, the client calls and OpenAPI describes; and `cluster.yaml`. Pure: it opens no socket and no file.
 */
export { clusterDocumentSchema, type ClusterDocument } from './cluster-document/cluster-document.ts';
export { parseClusterDocument } from './cluster-document/resolve-cluster-document.ts';
export {
  ConsoleClient,
  type ConsoleClientOptions,
  type Transport,
  type TransportRequest,
  type TransportResponse,
} from './console-client.ts';
export { describeIssues, parseOrRefuse } from './describe-issues.ts';
export { openApiDocument } from './open-api-document.ts';
export type { Route } from './route.ts';
export {
  API_BASE,
  ROUTE_NAMES,
  ROUTES,
  type AnswerOf,
  type InputOf,
  type RequestOf,
  type ResponseOf,
  type RouteName,
} from './routes.ts';
export type { AuditEntry, AuditQuery } from './schemas/audit.ts';
export type { BackupSet, BackupSetDetail, DeletedSet } from './schemas/backup-set.ts';
export type { Browse, BrowseEntry, BrowseQuery, EntryFacts } from './schemas/browse.ts';
export type { AppliedCluster, Cluster, ClusterSummary } from './schemas/cluster.ts';
export type { ByteFigures, ErrorBody, Progress } from './schemas/common.ts';
export type { Change, Diff, DiffQuery } from './schemas/diff.ts';
export type { JoinRequest, JoinResponse } from './schemas/join.ts';
export type { Node, NodeToken } from './schemas/node.ts';
export type { PolicySimulation, PolicyView } from './schemas/policy.ts';
export type { Plan, Restore, RestoreDetail } from './schemas/restore.ts';
export { ROLES, type Me, type Role } from './schemas/role.ts';
export type { ScheduleView } from './schemas/schedule.ts';
export type { StatementView } from './schemas/statement.ts';
export type {
  PruneView,
  RepairView,
  VaultCheck,
  VaultFinding,
  KeyRotation,
  VaultProof,
  VaultReindex,
  VaultView,
} from './schemas/vault.ts';
