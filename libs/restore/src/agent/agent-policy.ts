import { readFile } from 'node:fs/promises';
import { basename, isAbsolute, normalize } from 'node:path';
import { LifeboatError, messageOf, systemCodeOf } from '@lifeboat/kernel';
import type { RateSchedule } from '@lifeboat/runtime';
import { parse } from 'yaml';
import { parseBandwidth } from './bandwidth-policy.ts';
import { knownMapping } from './known-mapping.ts';

/** The node's own word, edited on the node only; it wins over whatever the server asks (design: identity and safety). */
export interface AgentPolicy {
  /** Absolute; nothing outside is read or written. */
  roots: string[];
  mayRestore: boolean;
  actions: {
    /** Fixed argument vectors: no shell, nothing from a request. */
    stop?: string[];
    start?: string[];
    health?: { url: string; timeoutSeconds: number };
  };
  /** How fast what is backed up may be sent; as fast as it can when left out. */
  bandwidth?: RateSchedule;
  /** low: every other process goes first, at the processor and at the disk. */
  priority: 'normal' | 'low';
}

const DEFAULT_HEALTH_SECONDS = 600;

/** Reads `agent.yaml`. Throws NOT_FOUND, or USAGE naming the key that is wrong. */
export async function loadAgentPolicy(file: string): Promise<AgentPolicy> {
  let text: string;
  try {
    text = await readFile(file, 'utf8');
  } catch (error) {
    if (systemCodeOf(error) !== 'ENOENT') throw error;
    throw new LifeboatError('NOT_FOUND', `the policy file ${file} is not there`, {
      guidance:
        'Write it on this node: `roots: [/opt/liferay]`, and `mayRestore: true` where restores are allowed.',
      cause: error,
    });
  }
  return parseAgentPolicy(text, file);
}

export function parseAgentPolicy(text: string, file = 'agent.yaml'): AgentPolicy {
  const wrong = (key: string, expected: string): LifeboatError =>
    new LifeboatError('USAGE', `${file}: ${key} ${expected}`, {
      guidance: 'Correct the file and start the agent again.',
    });
  let document: unknown;
  try {
    document = parse(text);
  } catch (error) {
    throw new LifeboatError('USAGE', `${file} is not YAML: ${messageOf(error)}`, { cause: error });
  }
  const policy = mapping(document, 'the file', ['roots', 'mayRestore', 'actions', 'bandwidth', 'priority']);
  const actions = mapping(policy['actions'] ?? {}, 'actions', ['stop', 'start', 'health']);
  const stop = argumentVector(actions['stop'], 'actions.stop');
  const start = argumentVector(actions['start'], 'actions.start');
  const healthCheck = health(actions['health']);
  const bandwidth = parseBandwidth(policy['bandwidth'], wrong);
  return {
    roots: roots(policy['roots']),
    mayRestore: flag(policy['mayRestore'] ?? false),
    actions: {
      ...(stop === undefined ? {} : { stop }),
      ...(start === undefined ? {} : { start }),
      ...(healthCheck === undefined ? {} : { health: healthCheck }),
    },
    ...(bandwidth === undefined ? {} : { bandwidth }),
    priority: priority(policy['priority'] ?? 'normal'),
  };

  function mapping(value: unknown, key: string, known: readonly string[]): Record<string, unknown> {
    return knownMapping(value, key, known, wrong);
  }

  function roots(value: unknown): string[] {
    const list = stringList(value, 'roots');
    for (const root of list) {
      if (!isAbsolute(root) || normalize(root).replace(/(.)\/$/, '$1') !== root.replace(/(.)\/$/, '$1')) {
        throw wrong('roots', `must hold absolute paths without "..", not ${JSON.stringify(root)}`);
      }
    }
    return list;
  }

  function flag(value: unknown): boolean {
    if (typeof value !== 'boolean') throw wrong('mayRestore', 'must be true or false');
    return value;
  }

  function priority(value: unknown): AgentPolicy['priority'] {
    if (value !== 'normal' && value !== 'low') throw wrong('priority', 'must be normal or low');
    // What the agent starts inherits it; systemctl asks systemd, which does not.
    if (value === 'low' && start !== undefined && basename(start[0]!) !== 'systemctl')
      throw wrong('priority', 'low would be that of the portal, too: let systemctl do actions.start');
    return value;
  }

  function argumentVector(value: unknown, key: string): string[] | undefined {
    return value === undefined ? undefined : stringList(value, key);
  }

  function stringList(value: unknown, key: string): string[] {
    const isList = Array.isArray(value) && value.length > 0;
    if (!isList || !value.every((item) => typeof item === 'string' && item !== '')) {
      throw wrong(key, 'must be a list of strings, at least one');
    }
    return value as string[];
  }

  function health(value: unknown): { url: string; timeoutSeconds: number } | undefined {
    if (value === undefined) return undefined;
    const { url, timeoutSeconds = DEFAULT_HEALTH_SECONDS } = mapping(value, 'actions.health', [
      'url',
      'timeoutSeconds',
    ]);
    if (typeof url !== 'string' || !/^https?:$/.test(URL.parse(url)?.protocol ?? '')) {
      throw wrong('actions.health.url', 'must be an http or https URL');
    }
    if (typeof timeoutSeconds !== 'number' || !(timeoutSeconds > 0)) {
      throw wrong('actions.health.timeoutSeconds', 'must be a number of seconds above 0');
    }
    return { url, timeoutSeconds };
  }
}
