import { mkdir, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { tempDir, type TempDir } from '@lifeboat/testkit';

import { homeFiles, TOMCAT } from '../../../../tools/portal-simulator/src/home-files.ts';
import { rememberNamedPlaces } from '../node/named-places.ts';
import { examine, type Diagnosis, type Examination } from './examine.ts';

const PASSWORD = 'k3ep=it#secret';
const STORE = '/mnt/share/document_library';

let directory: TempDir;
let home: string;

beforeAll(async () => {
  directory = await tempDir();
  home = directory.join('liferay-dxp');
  const database = {
    kind: 'mariadb',
    host: '10.0.0.7',
    port: 3306,
    user: 'lportal',
    password: PASSWORD,
    database: 'lportal',
  } as const;
  const files = homeFiles({
    seed: 1,
    number: 1,
    name: 'node-1',
    home,
    port: 18080,
    database,
    storeRoot: STORE,
  });
  for (const file of files) {
    const place = path.join(home, file.path);
    await mkdir(path.dirname(place), { recursive: true });
    await writeFile(place, file.content);
  }
});

afterAll(() => directory.remove());

describe('examine', () => {
  let results: readonly Examination[];
  let diagnosis: Diagnosis;
  beforeAll(async () => {
    const state = directory.join('state');
    await mkdir(state);
    await writeFile(path.join(state, 'agent.yaml'), `roots: [${home}]\nmayRestore: false\n`);
    const identity = {
      server: 'https://s:9440',
      grpc: 's:9441',
      cluster: 'demo',
      clusterId: 'c',
      node: 'node-1',
      nodeId: 'n',
    };
    await writeFile(path.join(state, 'identity.json'), JSON.stringify(identity));
    diagnosis = await examine(state);
    results = diagnosis.examinations;
  });

  it('looks at identity, policy, metadata and Liferay, and finds a sound node sound', () => {
    expect(results.map(({ what, ok }) => ({ what, ok }))).toEqual(
      ['identity', 'policy', 'metadata', 'Liferay'].map((what) => ({ what, ok: true })),
    );
    expect(detailOf(results, 'identity')).toBe('node node-1 of cluster demo, server s:9441');
    expect(detailOf(results, 'policy')).toBe(`roots ${home}; may not restore`);
  });

  it('says what it found and in which file and line', () => {
    const lines = detailOf(results, 'Liferay').split('\n');
    expect(lines).toEqual(
      expect.arrayContaining([
        expect.stringMatching(new RegExp(`${STORE}.*FileSystemStoreConfiguration\\.config:1\\)`)),
        expect.stringMatching(/jdbc:mariadb:\/\/10\.0\.0\.7:3306\/lportal.*portal-ext\.properties:3\)/),
        expect.stringContaining(path.join(home, TOMCAT)),
      ]),
    );
  });

  it('lists what is not captured and what a restore empties', () => {
    const detail = detailOf(results, 'Liferay');
    expect(detail).toContain(
      `not captured: liferay-home/${TOMCAT} (captured as the tree application-server)`,
    );
    expect(detail).toContain('not captured: liferay-home/osgi/state');
    expect(detail).toContain('emptied at a restore: liferay-home/data/elasticsearch7');
    expect(detail).toContain('emptied at a restore: application-server/work');
  });

  it('says what a set would hold, and what it could not: a store outside the roots of agent.yaml', () => {
    expect(diagnosis.portal?.captured).toEqual([
      { tree: 'liferay-home', path: home, problem: null },
      { tree: 'application-server', path: path.join(home, TOMCAT), problem: null },
      { tree: 'document-store', path: STORE, problem: expect.stringContaining('not inside a root') },
    ]);
    const detail = detailOf(results, 'Liferay');
    expect(detail).toContain(`captured: liferay-home = ${home}`);
    expect(detail).toContain(`cannot be captured: document-store = ${STORE}`);
    expect(detail).toContain('was not seen: LIFERAY_*');
  });

  it('sees what the cluster definition named when the server asked last', async () => {
    const state = directory.join('state');
    await rememberNamedPlaces(state, { liferayHome: home, documentStorePath: '/srv/named' });
    const { portal } = await examine(state);
    await rememberNamedPlaces(state, { liferayHome: '', documentStorePath: '' });
    expect(portal?.found).toContainEqual({
      what: 'document store',
      value: '/srv/named',
      from: { file: 'cluster definition', line: 0 },
    });
  });

  it('never shows the database’s password', () => {
    const shown = JSON.stringify(diagnosis);
    expect(shown).not.toContain(PASSWORD);
    expect(shown).not.toContain('k3ep');
  });
});

describe('examine on a node in trouble', () => {
  it('names everything that is wrong at once, and what to do about the identity', async () => {
    const state = directory.join('nothing');
    await mkdir(state);
    const { examinations: results, ok, portal } = await examine(state);
    expect({ ok, portal }).toEqual({ ok: false, portal: null });
    expect(results.filter(({ ok }) => !ok).map(({ what }) => what)).toEqual([
      'identity',
      'policy',
      'Liferay',
    ]);
    expect(detailOf(results, 'identity')).toContain('has not joined a cluster');
    expect(detailOf(results, 'policy')).toContain('agent.yaml');
  });

  it('says how fast it may send and when, and that others go first', async () => {
    const state = directory.join('bounded');
    await mkdir(state);
    const schedule = '[{ from: "08:00", to: "18:00", limit: 5MiB/s }]';
    const policy = `roots: [${directory.path}]\nbandwidth: { limit: unlimited, schedule: ${schedule} }\npriority: low\n`;
    await writeFile(path.join(state, 'agent.yaml'), policy);
    const detail = detailOf((await examine(state)).examinations, 'policy');
    expect(detail).toContain(
      'sends 08:00-18:00 at most 5.0 MiB/s, else without a limit; others go first at processor and disk',
    );
  });

  it('names a root that is not there', async () => {
    const state = directory.join('wrong-root');
    await mkdir(state);
    const missing = directory.join('not-mounted');
    await writeFile(path.join(state, 'agent.yaml'), `roots: [${missing}]\nmayRestore: false\n`);
    const policy = (await examine(state)).examinations.find(({ what }) => what === 'policy');
    expect(policy).toMatchObject({ ok: false, detail: expect.stringContaining(missing) });
  });
});

function detailOf(results: readonly Examination[], what: string): string {
  return results.find((result) => result.what === what)?.detail ?? '';
}
