import os from 'node:os';
import type { SealingContext } from '@lifeboat/capture/agent';
import { createCsr } from '@lifeboat/identity';
import { LifeboatError, type Clock, type Log } from '@lifeboat/kernel';
import { fromStatus, type AgentChannel } from '@lifeboat/rpc';
import type { Bandwidth } from '@lifeboat/runtime';
import type {
  Bandwidth as BandwidthMessage,
  RenewedCertificate,
  SessionRequest,
  SessionResponse,
  Welcome,
} from '@lifeboat/wire';

import { bootId, machineId } from '../machine.ts';
import { AGENT_VERSION } from '../version.ts';
import type { CommandDesk, Outbox } from './command-desk.ts';

const PROTOCOL_VERSION = 1;
const ALIVE_MILLIS = 15_000;
/** setTimeout holds no more than 2³¹ ms; a later time is looked at again then. */
const LONGEST_TIMER_MILLIS = 24 * 3600 * 1000;

export interface SessionOptions {
  readonly channel: AgentChannel;
  readonly desk: CommandDesk;
  /** Of which the server is told; undefined: there is no limit. */
  readonly bandwidth: Bandwidth | undefined;
  readonly keyPem: string;
  readonly notBefore: Date;
  readonly notAfter: Date;
  readonly clock: Clock;
  readonly log: Log;
  readonly signal: AbortSignal;
  /** What it throws ends the session. */
  readonly onWelcome: (welcome: Welcome) => void;
  /** The renewed certificate must be durable before the old one is let go. */
  readonly onRenewed: (renewed: RenewedCertificate) => Promise<void>;
}

/**
 * One session from hello to its end: commands in, results out, the certificate renewed at two thirds of its life.
 *
 * @returns when the session is to be opened anew (a renewed certificate), or the signal stopped it
 * @throws what ended it otherwise
 */
export async function runSession(options: SessionOptions): Promise<void> {
  const { channel, desk, signal } = options;
  const call = channel.session();
  const send = (message: NonNullable<SessionRequest['message']>) => call.write({ message });
  const outbox: Outbox = {
    result: (value) => send({ $case: 'result', value }),
    progress: (value) => send({ $case: 'progress', value }),
  };
  const timers: NodeJS.Timeout[] = [];
  try {
    await new Promise<void>((resolve, reject) => {
      call.on('error', (error) => reject(fromStatus(error)));
      call.on('end', () => reject(new LifeboatError('UNREACHABLE', 'the server ended the session')));
      signal.addEventListener('abort', () => resolve(), { once: true });
      call.on('data', (response: SessionResponse) => {
        const { message } = response;
        if (message === undefined) return;
        if (message.$case === 'welcome') {
          try {
            options.onWelcome(message.value);
          } catch (refused) {
            return reject(refused);
          }
          desk.attach(outbox);
          timers.push(...keepUp(options, send, reject));
        } else if (message.$case === 'command') desk.accept(message.value);
        else if (message.$case === 'acknowledged') desk.acknowledged(message.value.commandId);
        else if (message.$case === 'cancelled') desk.cancel(message.value.commandId);
        else if (message.$case === 'renewed') options.onRenewed(message.value).then(resolve, reject);
      });
      send({ $case: 'hello', value: hello(desk) });
    });
  } finally {
    timers.forEach((timer) => clearInterval(timer));
    desk.detach(outbox);
    call.end();
  }
}

function hello(desk: CommandDesk) {
  return {
    version: PROTOCOL_VERSION,
    requires: [],
    uses: [],
    agentVersion: AGENT_VERSION,
    hostname: os.hostname(),
    machineId: machineId(),
    bootId: bootId(),
    heldCommands: desk.held,
  };
}

/** Signs of life, and the certificate's renewal when two thirds of its life are over. */
function keepUp(
  options: SessionOptions,
  send: (message: NonNullable<SessionRequest['message']>) => unknown,
  fail: (error: unknown) => void,
): NodeJS.Timeout[] {
  const { clock, keyPem, notBefore, notAfter } = options;
  let sequence = 0n;
  const tell = (): void => {
    if (options.bandwidth !== undefined) send({ $case: 'bandwidth', value: told(options.bandwidth) });
  };
  const alive = setInterval(() => {
    send({ $case: 'alive', value: { sequence: (sequence += 1n) } });
    tell();
  }, ALIVE_MILLIS);
  tell();
  const renewAt = notBefore.getTime() + ((notAfter.getTime() - notBefore.getTime()) * 2) / 3;
  const renew = async (): Promise<void> => {
    if (clock.now().getTime() < renewAt) return;
    clearInterval(renewal);
    send({ $case: 'renewal', value: { csrPem: await createCsr(keyPem) } });
  };
  const wait = Math.min(Math.max(renewAt - clock.now().getTime(), 0) + 1000, LONGEST_TIMER_MILLIS);
  const renewal = setInterval(() => void renew().catch(fail), wait);
  return [alive, renewal];
}

function told({ rate, waitedBytes }: Bandwidth): BandwidthMessage {
  return { limit: rate === Infinity ? 0n : BigInt(Math.floor(rate)), waitedBytes: BigInt(waitedBytes) };
}

/** What captures need of a welcome. */
export function sealingContext(welcome: Welcome): SealingContext {
  const { vaultId, clusterId, idKey, gearKey, sealPublicKey } = welcome;
  return { vaultId, clusterId, idKey, gearKey, sealPublicKey };
}
