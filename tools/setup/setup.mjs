/**
 * Brings a fresh checkout to the point where everything runs: npm packages (Node 26 among them) and the Debian
 * packages with the real servers that tests and quickstart use. Idempotent and quick when there is nothing to do.
 *
 * Runs on any Node ≥ 20, because the pinned Node comes with the npm packages that it installs.
 */
import { execFileSync } from 'node:child_process';
import { accessSync, constants, existsSync, readdirSync, rmSync, statSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import process from 'node:process';

const root = path.resolve(import.meta.dirname, '../..');

/** A Debian package, and the program (or, where it brings none, the file or directory) by whose presence we know that it is there. */
const DEBIAN_PACKAGES = [
  { name: 'postgresql', program: 'postgres', directories: postgresDirectories() },
  { name: 'postgresql-client', program: 'pg_dump', directories: postgresDirectories() },
  { name: 'mariadb-server', program: 'mariadbd' },
  { name: 'mariadb-client', program: 'mariadb-dump' },
  { name: 'rsync', program: 'rsync' },
  { name: 'memcached', program: 'memcached' },
  // Swift as an S3 store: the Python package alone, its servers are started by libs/testkit.
  { name: 'python3-swift', file: '/usr/lib/python3/dist-packages/swift' },
  { name: 'attr', program: 'setfattr' },
  { name: 'acl', program: 'setfacl' },
  { name: 'systemd', program: 'systemd-analyze' },
  // Real Lucene: the release of Elasticsearch 7, and the format of DXP up to 6.2. (Debian's 4.10 cannot stand beside 8.)
  { name: 'default-jdk-headless', program: 'javac' },
  { name: 'liblucene8-java', file: '/usr/share/java/lucene-core-8.7.0.jar' },
  { name: 'liblucene3-java', file: '/usr/share/java/lucene3-core.jar' },
  { name: 'python3-cryptography', file: '/usr/lib/python3/dist-packages/cryptography' },
  { name: 'python3-zstandard', file: '/usr/lib/python3/dist-packages/zstandard' },
];

installNpmPackages();
installDebianPackages();

function installNpmPackages() {
  const lock = path.join(root, 'package-lock.json');
  const installed = path.join(root, 'node_modules/.package-lock.json');
  if (existsSync(installed) && statSync(installed).mtimeMs >= statSync(lock).mtimeMs) return;
  console.log('setup: installing npm packages');
  // Not `npm ci`: it refuses a lock file without the optional packages of platforms that a registry does not carry.
  // What it would install is what the lock file pins all the same; --no-save leaves that file alone.
  const install = ['install', '--no-save', '--no-audit', '--no-fund', '--loglevel=error'];
  execFileSync('npm', install, { cwd: root, stdio: 'inherit' });
}

function installDebianPackages() {
  const missing = DEBIAN_PACKAGES.filter((wanted) => !isThere(wanted)).map((wanted) => wanted.name);
  if (missing.length === 0) return;
  const command = `apt-get update && apt-get install -y --no-install-recommends ${missing.join(' ')}`;
  if (process.getuid?.() !== 0 || !onPath('apt-get')) {
    console.error(`setup: these programs are missing; install them once with\n\n  sudo sh -c '${command}'\n`);
    process.exit(1);
  }
  console.log(`setup: installing Debian packages: ${missing.join(' ')}`);
  withoutStartingServices(() =>
    execFileSync('sh', ['-c', command], {
      stdio: ['ignore', 'ignore', 'inherit'],
      env: { ...process.env, DEBIAN_FRONTEND: 'noninteractive' },
    }),
  );
}

/** Tests start servers of their own; a package's installation must not start another. */
function withoutStartingServices(install) {
  const policy = '/usr/sbin/policy-rc.d';
  const ours = !existsSync(policy);
  if (ours) writeFileSync(policy, '#!/bin/sh\nexit 101\n', { mode: 0o755 });
  try {
    install();
  } finally {
    if (ours) rmSync(policy);
  }
}

function isThere({ program, file, directories = [] }) {
  if (file !== undefined) return existsSync(file);
  return onPath(program) || directories.some((directory) => isExecutable(path.join(directory, program)));
}

function onPath(program) {
  const directories = [...(process.env.PATH ?? '').split(':'), '/usr/sbin', '/sbin'];
  return directories.some((directory) => isExecutable(path.join(directory, program)));
}

function isExecutable(file) {
  try {
    accessSync(file, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}

function postgresDirectories() {
  const base = '/usr/lib/postgresql';
  return existsSync(base) ? readdirSync(base).map((version) => path.join(base, version, 'bin')) : [];
}
