import { describe, expect, it } from '@jest/globals';
import type { ClusterDefinition } from '@lifeboat/model';
import { InspectNodeResult } from '@lifeboat/wire';
import fc from 'fast-check';

import { planTrees, type TreePlan } from './plan-trees.ts';

const HOME = '/opt/liferay';
const STORE = { kind: 'file-system', shared: false } as const;

function found(facts: Partial<InspectNodeResult> = {}): InspectNodeResult {
  return InspectNodeResult.create({ documentStoreKind: 'file-system', findingsJson: '[]', ...facts });
}

function define(facts: Partial<ClusterDefinition> = {}): ClusterDefinition {
  return { cluster: 'c', nodes: { a: {}, b: {} }, documentStore: STORE, sources: [], ...facts };
}

function plan(nodes: Record<string, Partial<InspectNodeResult>>, definition = define()): TreePlan {
  const inspections = Object.entries(nodes).map(([node, facts]) => [node, found(facts)] as const);
  return planTrees(definition, new Map(inspections));
}

/** `node/tree path !excluded`, the form in which the tests below read. */
function drawn({ trees }: TreePlan): string[] {
  return trees
    .filter((tree) => tree.kind !== 'environment')
    .map(({ node, name, path, excludes }) =>
      [`${node}/${name} ${path}`, ...excludes.map((path) => `!${path}`)].join(' '),
    );
}

function holders({ storeHolders }: TreePlan): string[] {
  return storeHolders.map(({ node, path }) => `${node} ${path}`);
}

describe('planTrees', () => {
  it('cuts a store and a server inside Home out of Home', () => {
    const node = {
      liferayHome: HOME,
      applicationServerPath: `${HOME}/tomcat-9`,
      documentStorePath: `${HOME}/data/document_library`,
    };
    expect(drawn(plan({ a: node }))).toEqual([
      `a/liferay-home ${HOME} !data/document_library !tomcat-9`,
      `a/application-server ${HOME}/tomcat-9`,
      `a/document-store ${HOME}/data/document_library`,
    ]);
  });

  it('leaves Home whole when store and server lie outside it', () => {
    const node = {
      liferayHome: HOME,
      applicationServerPath: '/opt/tomcat',
      documentStorePath: '/mnt/share/document_library',
    };
    expect(drawn(plan({ a: node }))).toEqual([
      `a/liferay-home ${HOME}`,
      'a/application-server /opt/tomcat',
      'a/document-store /mnt/share/document_library',
    ]);
  });

  it('cuts Home out of an application server that holds it', () => {
    const node = { liferayHome: '/opt/wildfly/liferay', applicationServerPath: '/opt/wildfly' };
    expect(drawn(plan({ a: node }, define({ documentStore: undefined })))).toEqual([
      'a/liferay-home /opt/wildfly/liferay',
      'a/application-server /opt/wildfly !liferay',
    ]);
  });

  it('captures a store that several nodes see once, and lets every one of them hold', () => {
    const node = { liferayHome: HOME, documentStorePath: '/mnt/store' };
    const planned = plan({ a: node, b: node });
    const stores = planned.trees.filter((tree) => tree.kind === 'document-store');
    expect(stores).toMatchObject([{ node: 'a', clusterWide: true, path: '/mnt/store' }]);
    expect(holders(planned)).toEqual(['a /mnt/store', 'b /mnt/store']);
  });

  it('cuts a store that all see out of every Home that it lies in', () => {
    const node = { liferayHome: HOME, documentStorePath: `${HOME}/data/document_library` };
    expect(drawn(plan({ a: node, b: node })).filter((tree) => tree.includes('liferay-home'))).toEqual([
      `a/liferay-home ${HOME} !data/document_library`,
      `b/liferay-home ${HOME} !data/document_library`,
    ]);
  });

  it('refuses stores at different paths unless they are declared mounts of one store', () => {
    const nodes = { a: { documentStorePath: '/a/store' }, b: { documentStorePath: '/b/store' } };
    expect(() => plan(nodes)).toThrow(
      expect.objectContaining({ code: 'USAGE', guidance: expect.stringContaining('shared: true') }),
    );
    const shared = plan(nodes, define({ documentStore: { ...STORE, shared: true } }));
    expect(drawn(shared)).toEqual(['a/document-store /a/store']);
    expect(holders(shared)).toEqual(['a /a/store', 'b /b/store']);
  });

  it('captures a store once that nodes see at different paths, and has each look at its own', () => {
    const planned = plan({
      a: { documentStorePath: '/a/store', documentStoreIdentity: 'nfs:files:/export' },
      b: { documentStorePath: '/b/store', documentStoreIdentity: 'nfs:files:/export' },
    });
    expect(drawn(planned)).toEqual(['a/document-store /a/store']);
    expect(holders(planned)).toEqual(['a /a/store', 'b /b/store']);
  });

  it('refuses stores that are different directories although their paths are the same', () => {
    const of = (documentStoreIdentity: string) => ({
      documentStorePath: '/mnt/store',
      documentStoreIdentity,
    });
    expect(() => plan({ a: of('boot-1:8:2'), b: of('boot-2:8:2') })).toThrow(
      'different document stores: a /mnt/store, b /mnt/store',
    );
  });

  it('says which node’s portal is configured for another kind of store', () => {
    const planned = plan({
      a: { documentStorePath: '/mnt/store', documentStoreKind: 'advanced-file-system' },
      b: { documentStorePath: '/mnt/store' },
    });
    expect(planned.warnings).toEqual([expect.stringMatching(/^a: .*file-system.*advanced-file-system/)]);
  });

  it('says so when a store is declared and no node sees one', () => {
    expect(() => plan({ a: { liferayHome: HOME } })).toThrow(
      expect.objectContaining({
        code: 'ROOT_NOT_FOUND',
        guidance: expect.stringContaining('documentStore.path'),
      }),
    );
  });

  it('never leaves out of Home a store that nothing else captures, and says that it is not checked', () => {
    const node = {
      liferayHome: HOME,
      documentStorePath: `${HOME}/data/document_library`,
      homeExcludes: ['data/document_library', 'osgi/state'],
    };
    const planned = plan({ a: node }, define({ documentStore: undefined }));
    expect(drawn(planned)).toEqual([`a/liferay-home ${HOME} !osgi/state`]);
    expect(planned.warnings).toEqual([expect.stringMatching(/^a: .*not checked/)]);
  });

  it('leaves out what is mounted inside a tree, and says which of it no tree holds', () => {
    const node = {
      liferayHome: HOME,
      documentStorePath: `${HOME}/data/document_library`,
      mountPoints: [`${HOME}/data/document_library`, `${HOME}/logs`, '/srv/elsewhere'],
    };
    const planned = plan({ a: node });
    expect(drawn(planned)).toEqual([
      `a/liferay-home ${HOME} !data/document_library !logs`,
      `a/document-store ${HOME}/data/document_library`,
    ]);
    expect(planned.warnings).toEqual([expect.stringContaining(`a: ${HOME}/logs`)]);
  });

  it('says nothing of a mount inside what is left out anyway', () => {
    const node = {
      liferayHome: HOME,
      applicationServerPath: `${HOME}/tomcat`,
      applicationServerExcludes: ['temp'],
      mountPoints: [`${HOME}/tomcat/temp`, '/mnt'],
    };
    expect(plan({ a: node }, define({ documentStore: undefined })).warnings).toEqual([]);
  });

  it('doubts a set of a portal whose database is not named, and tells Hypersonic from others', () => {
    const documentStorePath = `${HOME}/data/document_library`;
    const node = {
      liferayHome: HOME,
      documentStorePath,
      jdbcUrl: 'jdbc:hsqldb:file:/opt/liferay/data/hypersonic/lportal',
    };
    expect(plan({ a: node }).doubts).toEqual([
      expect.stringMatching(/^a: the portal seems to keep its rows in Hypersonic/),
    ]);
    expect(plan({ a: { ...node, jdbcUrl: 'jdbc:oracle:thin:@db' } }).doubts).toEqual([
      expect.stringMatching(/jdbc:oracle:thin:@db.* is not part of the set/),
    ]);
    expect(plan({ a: { documentStorePath } }).doubts).toEqual([]);
    const database = { kind: 'postgresql', url: 'postgres://u@db/lportal', runOn: 'server' } as const;
    expect(plan({ a: node }, define({ database })).doubts).toEqual([]);
  });

  it('leaves a portal alone that a cluster of paths does not name, and says so', () => {
    const source = { kind: 'path', node: 'a', path: HOME } as const;
    const node = { liferayHome: HOME, documentStorePath: `${HOME}/data/document_library` };
    const planned = plan({ a: node }, define({ documentStore: undefined, sources: [source] }));
    expect(drawn(planned)).toEqual([`a/path-opt-liferay ${HOME}`]);
    expect(planned.warnings).toEqual([expect.stringMatching(/^a: .*not part of the set/)]);
  });

  it('keeps what the portal’s own rules leave out and empty', () => {
    const node = {
      liferayHome: HOME,
      homeExcludes: ['osgi/state', 'work'],
      homeCleared: ['osgi/state'],
      documentStorePath: `${HOME}/data/document_library`,
    };
    expect(plan({ a: node }).trees[0]).toMatchObject({
      excludes: ['data/document_library', 'osgi/state', 'work'],
      cleared: ['osgi/state'],
    });
  });

  it('gives every Home an environment, and none to a node of plain paths', () => {
    const source = { kind: 'path', node: 'b', path: '/etc/liferay' } as const;
    const planned = plan(
      { a: { liferayHome: HOME }, b: {} },
      define({ nodes: { a: { liferayHome: HOME }, b: {} }, documentStore: undefined, sources: [source] }),
    );
    expect(planned.trees.map(({ node, kind, path }) => [node, kind, path])).toEqual([
      ['a', 'liferay-home', HOME],
      ['a', 'environment', ''],
      ['b', 'path', '/etc/liferay'],
    ]);
    expect(planned.storeHolders).toEqual([]);
  });

  it('cuts a path source inside Home out of it, whatever sibling shares its letters', () => {
    const source = { kind: 'path', node: 'a', path: `${HOME}/conf` } as const;
    const sibling = { ...source, path: `${HOME}old` };
    const planned = plan(
      { a: { liferayHome: HOME } },
      define({ nodes: { a: { liferayHome: HOME } }, documentStore: undefined, sources: [source, sibling] }),
    );
    expect(drawn(planned)).toEqual([
      `a/liferay-home ${HOME} !conf`,
      `a/path-opt-liferay-conf ${HOME}/conf`,
      `a/path-opt-liferayold ${HOME}old`,
    ]);
  });

  it('never gives two trees of a node one name', () => {
    const sources = ['/srv/a-b', '/srv/a/b', '/srv/a_b', '/srv/A/b', '/'].map(
      (path) => ({ kind: 'path', node: 'a', path }) as const,
    );
    const names = plan({ a: {} }, define({ documentStore: undefined, sources })).trees.map(
      ({ name }) => name,
    );
    expect(new Set(names).size).toBe(sources.length);
    // A tree's name is what later sets are compared by, so it depends on its own path alone.
    const alone = plan({ a: {} }, define({ documentStore: undefined, sources: sources.slice(2, 3) }));
    expect(names).toContain(alone.trees[0]!.name);
  });

  it('passes on each node’s warnings with its name', () => {
    expect(
      plan({ a: { warnings: ['x'] }, b: { warnings: ['y'] } }, define({ documentStore: undefined })).warnings,
    ).toEqual(['a: x', 'b: y']);
  });

  it('captures every path of every tree exactly once', () => {
    const part = fc.constantFrom('a', 'b', 'data');
    const absolute = fc.array(part, { minLength: 1, maxLength: 4 }).map((parts) => `/${parts.join('/')}`);
    fc.assert(
      fc.property(
        absolute,
        absolute,
        absolute,
        fc.array(absolute, { maxLength: 3 }),
        absolute,
        (...paths) => {
          const [liferayHome, applicationServerPath, documentStorePath, extra, probe] = paths;
          const sources = extra.map((path) => ({ kind: 'path', node: 'a', path }) as const);
          const roots = [liferayHome, applicationServerPath, documentStorePath, ...extra];
          fc.pre(new Set(roots).size === roots.length);
          const planned = plan(
            { a: { liferayHome, applicationServerPath, documentStorePath } },
            define({ sources }),
          );
          const holders = planned.trees.filter(
            ({ path, excludes }) =>
              isWithin(probe, path) && !excludes.some((excluded) => isWithin(probe, `${path}/${excluded}`)),
          );
          expect(holders).toHaveLength(roots.some((root) => isWithin(probe, root)) ? 1 : 0);
        },
      ),
    );
  });
});

function isWithin(path: string, root: string): boolean {
  return root !== '' && (path === root || path.startsWith(`${root}/`));
}
