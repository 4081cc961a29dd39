import { X509Certificate } from 'node:crypto';
import { PacedCall, WorkerPool, type SealingContext, type UploadCall } from '@lifeboat/capture/agent';
import { native } from '@lifeboat/file-tree';
import { invariant, isLifeboatError, toErrorReport, type Log } from '@lifeboat/kernel';
import { loadAgentPolicy, RestoreAgent, type DownloadCall } from '@lifeboat/restore/agent';
import { AgentChannel, demandTls13, fromStatus } from '@lifeboat/rpc';
import { Backoff, Bandwidth, lowerPriority, sleep, systemClock } from '@lifeboat/runtime';
import { VerifiedFiles } from '@lifeboat/search-index';

import { AgentState, type AgentCredentials } from './agent-state.ts';
import type { CommandContext } from './commands/command-context.ts';
import { Holds } from './commands/holds.ts';
import { runCommand } from './commands/run-command.ts';
import { DatabaseDesk } from './database/database-desk.ts';
import { assertEpochGoesOn } from './session/assert-epoch-goes-on.ts';
import { runSession, sealingContext } from './session/agent-session.ts';
import { CommandDesk } from './session/command-desk.ts';

/** Errors after which trying again is pointless: an operator has to act. */
const FINAL = new Set(['CERTIFICATE_REVOKED', 'STATE_CLONED', 'FOREIGN_CLUSTER', 'PROTOCOL_VERSION']);

/**
 * The agent's life: dial, serve the session, dial again with backoff, until the signal stops it. Commands and
 * restores outlive single sessions.
 */
export async function runAgent(directory: string, log: Log, signal: AbortSignal): Promise<void> {
  demandTls13();
  native.frugalMemory();
  const state = new AgentState(directory);
  const identity = await state.readIdentity();
  const policy = await loadAgentPolicy(state.policyFile);
  if (policy.priority === 'low') {
    const notLowered = await lowerPriority();
    log.info({ notLowered }, 'others go first: priority is low');
  }
  let credentials = await state.readCredentials();
  let channel = openChannel(identity.grpc, credentials);
  let sealing: SealingContext | undefined;
  let seenEpoch = await state.readKeyEpoch();
  const workers = new WorkerPool();
  const holds = new Holds(identity.node, systemClock, log);
  const bandwidth =
    policy.bandwidth &&
    new Bandwidth({ schedule: policy.bandwidth, clock: systemClock, isLifted: () => holds.isFenceUp });
  const ways = {
    stateDir: state.directory,
    policy,
    workers,
    upload: () => {
      const call = translated(channel.upload()) as UploadCall;
      return bandwidth === undefined ? call : new PacedCall(call, (bytes) => bandwidth.take(bytes));
    },
    download: () => translated(channel.download()) as DownloadCall,
    sealing: () => {
      invariant(sealing !== undefined, 'a command comes after the welcome');
      return sealing;
    },
    clock: systemClock,
    log,
  };
  const restores = new RestoreAgent(ways);
  const databases = new DatabaseDesk(ways);
  const context: CommandContext = {
    ...ways,
    node: identity.node,
    holds,
    verifiedIndexFiles: new VerifiedFiles(),
    restores,
    databases,
  };
  const desk = new CommandDesk(
    ({ operationId, epoch, work }, call) => runCommand(context, { operationId, epoch, ...call }, work),
    log,
  );
  // What was decided before this start is finished before anything new is heard.
  await restores.replay();
  const backoff = new Backoff({ maxMillis: 10_000 });
  while (!signal.aborted) {
    const certificate = new X509Certificate(credentials.certificatePem);
    try {
      await runSession({
        channel,
        desk,
        bandwidth,
        keyPem: credentials.keyPem,
        notBefore: certificate.validFromDate,
        notAfter: certificate.validToDate,
        clock: systemClock,
        log,
        signal,
        onWelcome: (welcome) => {
          const epoch = { vault: welcome.vaultId, epoch: welcome.keyEpoch };
          assertEpochGoesOn(epoch, seenEpoch);
          if (epoch.epoch !== seenEpoch?.epoch || epoch.vault !== seenEpoch.vault)
            state.writeKeyEpoch(epoch).catch((error: unknown) => log.warn({ error }, 'key epoch not kept'));
          seenEpoch = epoch;
          backoff.reset();
          sealing = sealingContext(welcome);
          restores.welcome({ decisionPublicKey: welcome.decisionPublicKey, idKey: welcome.idKey });
          log.info(
            { cluster: welcome.clusterName, node: welcome.nodeName, keyEpoch: epoch.epoch },
            'connected',
          );
        },
        onRenewed: async ({ certificatePem, caPem }) => {
          credentials = { ...credentials, certificatePem, caPem };
          await state.writeCredentials(credentials);
          channel.close();
          channel = openChannel(identity.grpc, credentials);
          log.info({}, 'certificate renewed');
        },
      });
    } catch (error) {
      if (isLifeboatError(error) && FINAL.has(error.code)) throw error;
      log.warn({ error: toErrorReport(error) }, 'session ended');
    }
    if (!signal.aborted) await sleep(backoff.next(), signal).catch(() => undefined);
  }
  desk.stop();
  await databases.close();
  channel.close();
  await holds.close();
  await workers.close();
}

function openChannel(address: string, credentials: AgentCredentials): AgentChannel {
  return new AgentChannel({ address, ...credentials });
}

interface EmitsErrors {
  emit(event: string | symbol, ...values: unknown[]): boolean;
}

/** The transport's errors become ours before anyone hears of them. */
function translated<Call extends EmitsErrors>(call: Call): Call {
  const emit = call.emit.bind(call);
  call.emit = (event, ...values) => emit(event, ...(event === 'error' ? [fromStatus(values[0])] : values));
  return call;
}
