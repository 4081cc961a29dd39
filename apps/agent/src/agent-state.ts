import { mkdir, readFile } from 'node:fs/promises';
import path from 'node:path';
import { LifeboatError, systemCodeOf } from '@lifeboat/kernel';
import { readIfThere, writeFileAtomic } from '@lifeboat/runtime';

/** Who this agent is and whom it serves, as `join` wrote it. */
export interface AgentIdentity {
  readonly server: string;
  /** host:port of the server's gRPC endpoint. */
  readonly grpc: string;
  readonly cluster: string;
  readonly clusterId: string;
  readonly node: string;
  readonly nodeId: string;
}

/** The newest key epoch in which this agent has sealed for a vault. */
export interface SeenKeyEpoch {
  readonly vault: string;
  readonly epoch: number;
}

export interface AgentCredentials {
  readonly keyPem: string;
  readonly certificatePem: string;
  readonly caPem: string;
}

const IDENTITY = 'identity.json';
const KEY = 'node.key';
const CERTIFICATE = 'node.pem';
const AUTHORITY = 'ca.pem';
const KEY_EPOCH = 'key-epoch.json';

/** The agent's state directory (mode 0700): identity, credentials, policy, journals, its own last manifests. */
export class AgentState {
  readonly directory: string;

  constructor(directory: string) {
    this.directory = path.resolve(directory);
  }

  get policyFile(): string {
    return path.join(this.directory, 'agent.yaml');
  }

  async create(): Promise<void> {
    await mkdir(this.directory, { recursive: true, mode: 0o700 });
  }

  async readIdentity(): Promise<AgentIdentity> {
    return JSON.parse(await this.#read(IDENTITY)) as AgentIdentity;
  }

  async readCredentials(): Promise<AgentCredentials> {
    const [keyPem, certificatePem, caPem] = await Promise.all(
      [KEY, CERTIFICATE, AUTHORITY].map((name) => this.#read(name)),
    );
    return { keyPem: keyPem!, certificatePem: certificatePem!, caPem: caPem! };
  }

  async write(identity: AgentIdentity, credentials: AgentCredentials): Promise<void> {
    await this.writeCredentials(credentials);
    await this.#write(IDENTITY, `${JSON.stringify(identity, null, 2)}\n`, 0o644);
  }

  /** Undefined before the first session. */
  async readKeyEpoch(): Promise<SeenKeyEpoch | undefined> {
    const text = await readIfThere(path.join(this.directory, KEY_EPOCH));
    return text === undefined ? undefined : (JSON.parse(text) as SeenKeyEpoch);
  }

  async writeKeyEpoch(seen: SeenKeyEpoch): Promise<void> {
    await this.#write(KEY_EPOCH, `${JSON.stringify(seen)}\n`, 0o644);
  }

  /** The certificate last: a key without its certificate is noticed, the other way round would look valid. */
  async writeCredentials(credentials: AgentCredentials): Promise<void> {
    await this.#write(AUTHORITY, credentials.caPem, 0o644);
    await this.#write(KEY, credentials.keyPem, 0o600);
    await this.#write(CERTIFICATE, credentials.certificatePem, 0o644);
  }

  async #read(name: string): Promise<string> {
    const file = path.join(this.directory, name);
    try {
      return await readFile(file, 'utf8');
    } catch (error) {
      if (systemCodeOf(error) !== 'ENOENT') throw error;
      throw new LifeboatError('USAGE', `${file} is not there: this agent has not joined a cluster`, {
        cause: error,
        guidance: 'Make a token with lifeboat node token, then run lifeboat-agent join on this node.',
      });
    }
  }

  #write(name: string, text: string, mode: number): Promise<void> {
    return writeFileAtomic(path.join(this.directory, name), text, { mode });
  }
}
