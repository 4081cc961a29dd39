import path from 'node:path';
import { LifeboatError } from '@lifeboat/kernel';

import type { Contender } from '../contender.ts';
import { isInstalled } from '../machine/installed.ts';
import { MAKE_TABLES, openBacula } from './bacula.ts';
import { openBorg } from './borg.ts';
import { openResticRest } from './restic-rest.ts';
import { openRestic } from './restic.ts';

interface Peer {
  /** Each program it needs, and the Debian package that brings it. */
  readonly programs: Readonly<Record<string, string>>;
  readonly open: (dir: string) => Promise<Contender>;
}

const PEERS: Readonly<Record<string, Peer>> = {
  restic: { programs: { restic: 'restic' }, open: openRestic },
  'restic-rest': {
    programs: { restic: 'restic', rclone: 'rclone', openssl: 'openssl' },
    open: openResticRest,
  },
  borg: { programs: { borg: 'borgbackup' }, open: openBorg },
  bacula: {
    programs: {
      'bacula-dir': 'bacula-director',
      [MAKE_TABLES]: 'bacula-director-sqlite3',
      'bacula-sd': 'bacula-sd',
      'bacula-fd': 'bacula-fd',
      bconsole: 'bacula-console',
      sqlite3: 'sqlite3',
    },
    open: openBacula,
  },
};

export const PEER_NAMES: readonly string[] = Object.keys(PEERS);

/**
 * Every peer that was named, each with a directory of its own below `dir`.
 *
 * @throws USAGE for one that is not known, or whose programs are not installed.
 */
export async function openPeers(names: readonly string[], dir: string): Promise<Contender[]> {
  const peers = names.map((name) => ({ name, ...peerOf(name) }));
  const missing = new Set<string>();
  for (const { programs } of peers) {
    for (const [program, debianPackage] of Object.entries(programs)) {
      if (!isInstalled(program)) missing.add(debianPackage);
    }
  }
  if (missing.size > 0) {
    throw new LifeboatError(
      'USAGE',
      `these peers need programs that are missing: ${[...missing].join(', ')}`,
      {
        guidance: `apt-get install --no-install-recommends ${[...missing].join(' ')}`,
      },
    );
  }
  return Promise.all(peers.map(({ name, open }) => open(path.join(dir, name))));
}

function peerOf(name: string): Peer {
  const peer = PEERS[name];
  if (peer !== undefined) return peer;
  throw new LifeboatError('USAGE', `there is no peer ${name}`, {
    guidance: `Known are ${PEER_NAMES.join(', ')}.`,
  });
}
