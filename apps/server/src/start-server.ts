import { randomUUID } from 'node:crypto';
import { mkdir } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { WorkerPool } from '@lifeboat/capture/agent';
import { Catalog, startEmbeddedPostgres } from '@lifeboat/catalog';
import type { Services } from '@lifeboat/coordination';
import { CertificateAuthority, KeyRing } from '@lifeboat/identity';
import type { Log } from '@lifeboat/kernel';
import { AgentServer, demandTls13 } from '@lifeboat/rpc';
import { systemClock, writeFileAtomic } from '@lifeboat/runtime';
import { Vault } from '@lifeboat/vault';

import { agentHandlers } from './agents/agent-handlers.ts';
import { AgentHub, type AgentPeer } from './agents/agent-hub.ts';
import { authenticateAgent } from './agents/authenticate-agent.ts';
import { databaseOpener } from './database/open-database.ts';
import { ensureAdministrator } from './ensure-administrator.ts';
import { createHttpApp, HttpsListener } from './http/index.ts';
import { openBlobStore, openReplica } from './open-blob-store.ts';
import { recordNode } from './record-node.ts';
import { ProofRenewals } from './operations/proof-renewals.ts';
import { PruneOperations } from './operations/prune-operations.ts';
import { ReplicaOperations } from './operations/replica-operations.ts';
import { RepairOperations } from './operations/repair-operations.ts';
import { RetentionOperations } from './operations/retention-operations.ts';
import { RestoreOperations } from './operations/restore-operations.ts';
import { rotateKeys } from './operations/rotate-keys.ts';
import { ScheduleOperations } from './operations/schedule-operations.ts';
import { SetOperations } from './operations/set-operations.ts';
import { serverMetrics } from './server-metrics.ts';
import type { ServerContext } from './server-context.ts';
import type { ServerOptions } from './server-options.ts';
import { serverServices } from './server-services.ts';
import { writeManifest } from './write-manifest.ts';

export interface RunningServer {
  readonly grpcPort: number;
  readonly httpPort: number;
  /** Made at this very start; shown once. */
  readonly adminToken: string | undefined;
  /** For who runs a server within a process of their own. */
  readonly services: Services;
  stop(): Promise<void>;
}

/** In the repository, or beside the bundle. */
const PROTO_DIRECTORY = path.resolve(
  import.meta.dirname,
  import.meta.url.endsWith('.ts') ? '../../../proto' : './proto',
);

/**
 * The composition root: opens everything in the order in which it depends on each other, and closes it the other
 * way round. Resolves when the server is ready and `DATA/endpoints.json` says where.
 */
export async function startServer(options: ServerOptions, log: Log): Promise<RunningServer> {
  demandTls13();
  await using closing = new AsyncDisposableStack();
  const directory = async (name: string, mode = 0o700) => {
    const place = path.join(options.data, name);
    await mkdir(place, { recursive: true, mode });
    return place;
  };
  // The embedded database runs under an account of its own and must be able to pass through.
  await mkdir(options.data, { recursive: true, mode: 0o755 });
  const keyFile = options.keyFile ?? path.join(await directory('keys'), 'root.key');
  const keyRing = await KeyRing.open(keyFile);
  const authority = await CertificateAuthority.open(await directory('identity'), systemClock);

  let url = options.databaseUrl;
  if (url === undefined) {
    const embedded = await startEmbeddedPostgres({ dataDir: path.join(options.data, 'catalog'), log });
    closing.defer(() => embedded.stop());
    url = embedded.url;
  }
  const catalog = await Catalog.open(url, log);
  closing.defer(() => catalog.close());
  // One server alone may use an embedded database: who held a lease in it is dead, and nobody need wait for that.
  if (options.databaseUrl === undefined) await catalog.leases.endAll();
  const adminToken = await ensureAdministrator(catalog, options.data);

  const opened = await openBlobStore(options.vault, options.data, log);
  const replica = await openReplica(options.replica, opened, log);
  const { store, location } = opened;
  const workDir = await directory('work');
  const { takeOver } = options;
  const clock = systemClock;
  const vault = await Vault.open({ store, replica, workDir, keyRing, catalog, clock, log, takeOver });
  closing.defer(() => vault.close());
  const workers = new WorkerPool();
  closing.defer(() => workers.close());
  const tempDir = await directory('temp');

  const hub = new AgentHub({
    catalog,
    keyRing,
    authority,
    vaultId: vault.id,
    log,
    newId: randomUUID,
    recordNode: (cluster, node) => recordNode(catalog, vault, cluster, node),
  });
  const services: Services = {
    catalog,
    vault,
    keyRing,
    clock: systemClock,
    log,
    newId: randomUUID,
    owner: `${os.hostname()}:${process.pid}:${randomUUID()}`,
    effects: {
      agents: hub,
      openDatabase: databaseOpener({
        agents: hub,
        catalog,
        vault,
        keyRing,
        workers,
        tempDir,
        newId: randomUUID,
        clock: systemClock,
        log,
      }),
      writeManifest: (cluster, entries) => writeManifest(vault, keyRing, cluster, entries),
    },
  };
  const sets = new SetOperations(services);
  const restores = new RestoreOperations(services);
  const { metrics, pruned, repaired, replicated, proofs: proofGauges, keyEpoch, kept } = serverMetrics(hub);
  keyEpoch(keyRing.epoch);
  const prunes = new PruneOperations(services, options.pruneGraceSeconds, pruned);
  const proofs = new ProofRenewals(services, proofGauges);
  const repairs = new RepairOperations(services, repaired);
  const replicas = new ReplicaOperations(services, replica?.location, replicated);
  const retention = new RetentionOperations(services, options.deletionDelaySeconds, kept);
  const schedules = new ScheduleOperations(services, sets, retention, kept);
  await sets.failInterrupted();

  const advertised = options.advertise ?? (options.host === '0.0.0.0' ? os.hostname() : options.host);
  const credentials = await authority.serverCredentials([advertised, os.hostname()]);
  const agents = new AgentServer<AgentPeer>({
    caPem: authority.pem,
    ...credentials,
    protoDirectory: PROTO_DIRECTORY,
    authenticate: (certificate) => authenticateAgent(catalog, certificate),
    handlers: agentHandlers({ hub, vault, restores, log }),
    log,
  });
  const grpcPort = await agents.listen(options.host, options.grpcPort);
  closing.defer(() => agents.stop());
  closing.defer(() => hub.endSessions());

  const context: ServerContext = {
    services,
    catalog,
    hub,
    authority,
    sets,
    restores,
    prunes,
    proofs,
    repairs,
    replicas,
    retention,
    schedules,
    metrics,
    rotateKeys: () => rotateKeys({ services, hub, keyFile, onBegun: keyEpoch }),
    vaultLocation: location,
    grpcAddress: () => `${advertised}:${grpcPort}`,
  };
  const app = createHttpApp(serverServices(context), { log, clock: systemClock });
  // With its authority in the chain, so that a joining agent can check the fingerprint that its token carries.
  const chain = `${credentials.certificatePem.trimEnd()}\n${authority.pem}`;
  const https = await HttpsListener.open(app, {
    keyPem: credentials.keyPem,
    certificatePem: chain,
    host: options.host,
    port: options.httpPort,
  });
  closing.defer(() => https.close());
  closing.defer(() => restores.stop());
  closing.defer(() => sets.stop());
  closing.defer(() => prunes.stop());
  closing.defer(() => proofs.stop());
  closing.defer(() => repairs.stop());
  closing.defer(() => replicas.stop());
  closing.defer(() => schedules.stop());
  await restores.resume();
  const ready = { grpc: `${advertised}:${grpcPort}`, http: `https://${advertised}:${https.port}` };
  const endpoints = { ...ready, ca: path.join(options.data, 'identity', 'ca.pem'), pid: process.pid };
  await writeFileAtomic(
    path.join(options.data, 'endpoints.json'),
    `${JSON.stringify(endpoints, null, 2)}\n`,
    { mode: 0o644 },
  );
  log.info(ready, 'ready');
  proofs.start(options.renewProofsSeconds);
  replicas.start();
  schedules.start();
  void sets.proveSealed().catch((error: unknown) => log.warn({ error }, 'proof of sealed sets put off'));

  const open = closing.move();
  return { grpcPort, httpPort: https.port, adminToken, services, stop: () => open.disposeAsync() };
}
