import { writeFile } from 'node:fs/promises';
import https from 'node:https';
import { ROUTES, API_BASE, type JoinRequest, type JoinResponse } from '@lifeboat/console-api';
import { createNodeKeyAndCsr, parseJoinToken } from '@lifeboat/identity';
import { fromErrorReport, LifeboatError, messageOf, systemCodeOf } from '@lifeboat/kernel';
import { stringify } from 'yaml';

import { AgentState } from '../agent-state.ts';
import { machineId } from '../machine.ts';
import { AGENT_VERSION } from '../version.ts';
import { fetchPinnedAuthority } from './pinned-authority.ts';

export interface JoinOptions {
  /** https://HOST:9440 */
  readonly server: string;
  readonly token: string;
  readonly state: string;
  /** Liferay Home: becomes the first allowed root of a new policy file. */
  readonly home: string | undefined;
}

/** Token and request go out, a certificate comes back; the private key never leaves this node. */
export async function joinCluster(options: JoinOptions): Promise<JoinResponse> {
  const { caFingerprint } = parseJoinToken(options.token);
  const url = URL.parse(options.server);
  if (url?.protocol !== 'https:') {
    throw new LifeboatError('USAGE', `--server must be an https address, not ${options.server}`);
  }
  const caPem = await fetchPinnedAuthority(url, caFingerprint);
  const state = new AgentState(options.state);
  await state.create();
  const { keyPem, csrPem } = await createNodeKeyAndCsr();
  const { token } = options;
  const request = { token, csr: csrPem, machineId: machineId(), agentVersion: AGENT_VERSION };
  const joined = await postJoin(url, caPem, request);
  const { node, nodeId, cluster, clusterId, grpc } = joined;
  await state.write(
    { server: options.server, grpc, cluster, clusterId, node, nodeId },
    { keyPem, certificatePem: joined.certificate, caPem: joined.ca },
  );
  await writeFirstPolicy(state, options.home);
  return joined;
}

function postJoin(url: URL, ca: string, request: JoinRequest): Promise<JoinResponse> {
  const body = JSON.stringify(request);
  return new Promise((resolve, reject) => {
    const call = https.request(
      new URL(`${API_BASE}${ROUTES.join.path}`, url),
      {
        method: 'POST',
        ca,
        minVersion: 'TLSv1.3',
        headers: { 'content-type': 'application/json', 'content-length': Buffer.byteLength(body) },
      },
      (response) => {
        const parts: Buffer[] = [];
        response.on('data', (part: Buffer) => parts.push(part));
        response.on('end', () => {
          try {
            resolve(readAnswer(response.statusCode ?? 0, Buffer.concat(parts).toString('utf8')));
          } catch (error) {
            reject(error);
          }
        });
      },
    );
    call.on('error', (error) =>
      reject(
        new LifeboatError('UNREACHABLE', `${url.host} cannot be reached: ${messageOf(error)}`, {
          cause: error,
        }),
      ),
    );
    call.end(body);
  });
}

function readAnswer(status: number, text: string): JoinResponse {
  const answer: unknown = JSON.parse(text);
  if (status === 201) return ROUTES.join.response.parse(answer);
  const { error } = answer as { error?: { code: string; message: string; guidance?: string } };
  throw fromErrorReport(error ?? { code: 'INTERNAL', message: `the server answered ${status}` });
}

/** A policy that exists is the operator's own and is never touched. */
async function writeFirstPolicy(state: AgentState, home: string | undefined): Promise<void> {
  const policy = { roots: [home ?? '/opt/liferay'], mayRestore: false };
  const text = `# What this agent may touch. Edited on this node only; the server cannot change it.\n${stringify(policy)}`;
  try {
    await writeFile(state.policyFile, text, { flag: 'wx', mode: 0o600 });
  } catch (error) {
    if (systemCodeOf(error) !== 'EEXIST') throw error;
  }
}
