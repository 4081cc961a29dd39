import { execFileSync } from 'node:child_process';
import { createPrivateKey, generateKeyPairSync, sign } from 'node:crypto';
import {
  chmodSync,
  linkSync,
  lutimesSync,
  mkdirSync,
  mkdtempSync,
  rmSync,
  symlinkSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { silentLog, type Clock } from '@lifeboat/kernel';
import type { KeepRule } from '@lifeboat/model';
import { canonicalJson } from '@lifeboat/vault-format';
import type { RecordDecision, StageTree } from '@lifeboat/wire';
import type { AgentPolicy } from './agent-policy.ts';
import { MemoryVault } from './memory-vault.fixture.ts';
import { RestoreAgent, type Operation, type RestoreAgentOptions } from './restore-agent.ts';

export const RESTORE = '0b0c0d0e-1111-4222-8333-444455556666';
export const OPERATION: Operation = { restoreId: RESTORE, epoch: 1 };
const PAIR = generateKeyPairSync('ed25519').privateKey.export({ format: 'der', type: 'pkcs8' });
const PRIVATE = createPrivateKey({ key: PAIR, format: 'der', type: 'pkcs8' });
const CLOCK: Clock = { now: () => new Date(), monotonic: () => performance.now() };

/** A node in a temporary folder: `live` is the tree, `wanted` what the set was taken of. */
export class Bench {
  readonly folder = mkdtempSync(join(tmpdir(), 'lifeboat-restore-'));
  readonly live = join(this.folder, 'home');
  readonly wanted = join(this.folder, 'wanted');
  readonly stateDir = join(this.folder, 'state');
  readonly vault = new MemoryVault();
  readonly policy: AgentPolicy = { roots: [this.folder], mayRestore: true, actions: {}, priority: 'normal' };

  agent(options: Partial<RestoreAgentOptions> = {}): RestoreAgent {
    return new RestoreAgent({
      stateDir: this.stateDir,
      policy: this.policy,
      download: this.vault.open,
      log: silentLog,
      clock: CLOCK,
      decisionPublicKey: publicKey(PRIVATE),
      idKey: this.vault.idKey,
      stopGraceMillis: 0,
      betweenLooksMillis: 1,
      ...options,
    });
  }

  stage(
    root: Buffer,
    more: {
      excludes?: string[];
      cleared?: string[];
      dryRun?: boolean;
      path?: string;
      name?: string;
      keep?: KeepRule;
      /** When the set was taken; not said: no ctime is trusted. */
      captured?: Date;
    } = {},
  ): StageTree {
    const { excludes = [], cleared = [], dryRun = false, path = this.live, name = 'liferay-home' } = more;
    const { keep = 'unchanged', captured = new Date(0) } = more;
    const capturedUnixMillis = BigInt(captured.getTime());
    return { tree: { name, kind: 'path', path, excludes }, root, dryRun, cleared, keep, capturedUnixMillis };
  }

  remove(): void {
    rmSync(this.folder, { recursive: true, force: true });
  }
}

export function decide(
  decision: 'switch' | 'roll-back',
  more: { epoch?: number; restore?: string } = {},
): RecordDecision {
  const record = {
    restore: more.restore ?? RESTORE,
    cluster: 'portal',
    decision,
    epoch: more.epoch ?? 1,
    participants: ['node-1'],
    decidedAt: '2026-01-01T00:00:00Z',
  };
  const recordJson = canonicalJson(record);
  return { recordJson, signature: sign(null, Buffer.from(recordJson), PRIVATE) };
}

function publicKey(key: typeof PRIVATE): Buffer {
  const jwk = key.export({ format: 'jwk' }) as { x: string };
  return Buffer.from(jwk.x, 'base64url');
}

export type Spec = Record<
  string,
  string | Buffer | { link: string } | { hard: string } | { sparse: number; tail: string } | null
>;

/** `null` is a directory. Times are set to something odd, so that keeping them shows. */
export function plant(root: string, spec: Spec, seconds = 1_600_000_000.123): void {
  mkdirSync(root, { recursive: true });
  for (const [path, what] of Object.entries(spec)) {
    const at = join(root, path);
    mkdirSync(what === null ? at : dirname(at), { recursive: true });
    if (what === null) continue;
    if (typeof what === 'string' || Buffer.isBuffer(what)) writeFileSync(at, what);
    else if ('link' in what) symlinkSync(what.link, at);
    else if ('hard' in what) linkSync(join(root, what.hard), at);
    else {
      writeFileSync(at, '');
      truncateSync(at, what.sparse);
      writeFileSync(at, what.tail, { flag: 'a' });
    }
    if (!(typeof what === 'object' && what !== null && 'hard' in what)) lutimesSync(at, seconds, seconds);
  }
  chmodSync(root, 0o750);
}

/** Differences between two trees, by a tool that is not ours; '' when there are none. */
export function differences(expected: string, found: string, excludes: string[] = []): string {
  const flags = [
    '-aHAXSn',
    '--checksum',
    '--delete',
    '--modify-window=-1',
    '--itemize-changes',
    '--exclude=/.lifeboat',
  ];
  return execFileSync(
    'rsync',
    [...flags, ...excludes.map((path) => `--exclude=/${path}`), `${expected}/`, `${found}/`],
    {
      encoding: 'utf8',
    },
  );
}

export function copy(from: string, to: string): void {
  execFileSync('cp', ['-a', `${from}/.`, to]);
}
