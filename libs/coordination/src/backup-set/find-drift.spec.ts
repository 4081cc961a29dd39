import { Readable } from 'node:stream';
import { describe, expect, it } from '@jest/globals';
import type { ManifestEntry } from '@lifeboat/vault-format';

import { file } from '../testing/entries.ts';
import type { BackupSetRun } from './backup-set-run.ts';
import { findDrift } from './find-drift.ts';

type Files = Readonly<Record<string, string>>;

/** A set of nodes `a`, `b`, … with these files in Home and Tomcat, and the set before it. */
function runOf(now: Readonly<Record<string, Files>>, previous: Readonly<Record<string, Files>> = {}) {
  const trees: Files[] = [];
  const texts = new Map<string, string>();
  const rootOf = (files: Files): Buffer => Buffer.from([trees.push(files) - 1]);
  const entryOf = (path: string, text: string): ManifestEntry => {
    const entry = file(path, text.length, `${text} `);
    texts.set(entry.content.map((part) => ('chunk' in part ? part.chunk.toString('hex') : '')).join(), text);
    return entry;
  };
  const diff = async function* (_cluster: string, { before, after }: { before: Buffer; after: Buffer }) {
    const [old, young] = [trees[before[0]!]!, trees[after[0]!]!];
    for (const path of new Set([...Object.keys(old), ...Object.keys(young)].sort())) {
      const [was, is] = [old[path], young[path]];
      const raw = Buffer.from(path);
      if (was === undefined) yield { change: 'added', path: raw, after: entryOf(path, is!) };
      else if (is === undefined) yield { change: 'removed', path: raw, before: entryOf(path, was) };
      else
        yield {
          change: 'changed',
          path: raw,
          before: entryOf(path, was),
          after: entryOf(path, is),
          aspects: was === is ? ['modified'] : ['content', 'modified'],
        };
    }
  };
  const captures = Object.entries(now).map(([node, files]) => {
    const tree = { node, name: 'liferay-home', kind: 'liferay-home' };
    return [`${node}/liferay-home`, { tree, result: { root: rootOf(files) } }] as const;
  });
  const records = Object.entries(previous).map(([node, files]) => ({
    node,
    tree: 'liferay-home',
    root: rootOf(files).toString('hex'),
  }));
  const latest = records.length === 0 ? undefined : { id: 'set-0', document: { captures: records } };
  return {
    nodes: new Map(Object.keys(now).map((node) => [node, {}])),
    captures: new Map(captures),
    cluster: { id: 'c' },
    services: {
      vault: {
        diff,
        readFile: (_cluster: string, { content }: ManifestEntry) =>
          Readable.from([
            Buffer.from(
              texts.get(content.map((part) => ('chunk' in part ? part.chunk.toString('hex') : '')).join())!,
            ),
          ]),
      },
      catalog: { sets: { latestKept: async () => latest } },
    },
  } as unknown as BackupSetRun;
}

const WEB = 'webapps/ROOT/WEB-INF/web.xml';

describe('findDrift', () => {
  it('says nothing of nodes that differ in times, in logs, and in what is their own', async () => {
    const node = (name: string): Files => ({
      'portal-ext.properties': `cluster.link.channel.logic.name.control=${name}\na=b`,
      'osgi/modules/a.jar': 'same',
      'logs/liferay.log': name,
      'license/key.xml': name,
    });
    expect(await findDrift(runOf({ a: node('a'), b: node('b'), c: node('c') }))).toEqual([]);
  });

  it('names keys, files and nodes of what should be equal, and no value', async () => {
    const a = { 'portal-ext.properties': 'jdbc.default.password=one', 'osgi/modules/a.jar': 'x' };
    const b = { 'portal-ext.properties': 'jdbc.default.password=two', 'osgi/portal/p.jar': 'y' };
    expect(await findDrift(runOf({ a, b }))).toEqual([
      'a and b should have the same modules: only on a: osgi/modules/a.jar',
      'a and b should have the same patch level: only on b: osgi/portal/p.jar',
      'a and b should have the same portal properties: differ: portal-ext.properties (jdbc.default.password)',
    ]);
  });

  it('calls out the lines that a patch took from web.xml, masked, and not those that are still there', async () => {
    const before = { [WEB]: '<web-app>\n<filter>ours</filter>\n<password>S3</password>\n</web-app>' };
    const patched = { [WEB]: '<web-app>\n</web-app>', 'osgi/portal/p.jar': 'new' };
    const [warning, ...more] = await findDrift(runOf({ a: patched }, { a: before }));
    expect(more).toEqual([]);
    expect(warning).toMatch(
      /^a: webapps\/ROOT\/WEB-INF\/web\.xml was overwritten by a patch since set set-0; /,
    );
    expect(warning).toContain('<filter>ours</filter> | <password>***');
    expect(warning).not.toContain('S3');
    const edited = { [WEB]: '<web-app>\n</web-app>' };
    expect(await findDrift(runOf({ a: edited }, { a: before }))).toEqual([
      expect.stringContaining('was changed since'),
    ]);
    expect(await findDrift(runOf({ a: before }, { a: before }))).toEqual([]);
  });

  it('never fails a set, and says that it did not look', async () => {
    const run = runOf({ a: {}, b: {} });
    Object.assign(run.services.vault, {
      diff: () => {
        throw new Error('the vault is away');
      },
    });
    expect(await findDrift(run)).toEqual([expect.stringContaining('not compared')]);
  });
});
