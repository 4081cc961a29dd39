import { globSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, it } from '@jest/globals';

const ROOT = path.resolve(import.meta.dirname, '../..');
const OWN = '@lifeboat/';
const EXACT = /^\d+\.\d+\.\d+(-[0-9A-Za-z.-]+)?$/;
const KINDS = ['dependencies', 'devDependencies', 'optionalDependencies', 'peerDependencies'] as const;

interface Dependency {
  readonly name: string;
  readonly version: string;
  /** The package.json that asks for it. */
  readonly file: string;
}

type Manifest = { readonly version: string } & Partial<
  Record<(typeof KINDS)[number], Record<string, string>>
>;

const files = ['package.json', ...globSync('{apps,libs,tools}/*/package.json', { cwd: ROOT })].sort();
const own = readManifest('package.json').version;
const dependencies = files.flatMap(dependenciesOf);
const others = dependencies.filter(({ name }) => !name.startsWith(OWN));
const listed = new Map(
  [...readText('docs/dependencies.md').matchAll(/^\| `([^`]+)` \| ([^ |]+) \| (.+) \|$/gm)].map(
    ([, name, version, why]) => [name as string, { version: version as string, why: why as string }],
  ),
);

describe('the dependencies', () => {
  it('are read from every workspace', () => {
    expect(files.length).toBeGreaterThan(20);
    expect(others.length).toBeGreaterThan(30);
  });

  it('are pinned to one exact version', () => {
    expect(dependencies.filter(({ version }) => !EXACT.test(version))).toEqual([]);
  });

  it('have the same version wherever they are asked for', () => {
    const versions = Map.groupBy(others, ({ name }) => name);
    const parted = [...versions.values()].filter((all) => new Set(all.map((one) => one.version)).size > 1);
    expect(parted).toEqual([]);
  });

  it('of our own share one version', () => {
    const ours = dependencies.filter(({ name }) => name.startsWith(OWN));
    expect(ours.filter(({ version }) => version !== own)).toEqual([]);
    expect(files.filter((file) => readManifest(file).version !== own)).toEqual([]);
  });

  it('are each listed in docs/dependencies.md, at this version and with a reason', () => {
    const missing = others.filter(({ name, version }) => listed.get(name)?.version !== version);
    expect(missing).toEqual([]);
  });

  it('are all that docs/dependencies.md lists', () => {
    const asked = new Set(others.map(({ name }) => name));
    expect([...listed.keys()].filter((name) => !asked.has(name))).toEqual([]);
  });
});

function dependenciesOf(file: string): Dependency[] {
  const manifest = readManifest(file);
  return KINDS.flatMap((kind) =>
    Object.entries(manifest[kind] ?? {}).map(([name, version]) => ({ name, version, file })),
  );
}

function readManifest(file: string): Manifest {
  return JSON.parse(readText(file)) as Manifest;
}

function readText(file: string): string {
  return readFileSync(path.join(ROOT, file), 'utf8');
}
