import { describe, expect, it } from '@jest/globals';
import type { ClusterDefinition } from '@lifeboat/model';
import { CapturedIndex, InspectNodeResult } from '@lifeboat/wire';

import { planTrees } from './plan-trees.ts';
import { describeSearchIndex, searchLeftOut, tuningWarnings } from './search-index.ts';

const HOME = '/opt/liferay';
const LUCENE = `${HOME}/data/lucene`;

function found(facts: Partial<InspectNodeResult> = {}): InspectNodeResult {
  return InspectNodeResult.create({
    liferayHome: HOME,
    homeExcludes: ['data/lucene', 'osgi/state'],
    homeCleared: ['data/lucene', 'osgi/state'],
    ...facts,
  });
}

function define(searchIndex?: ClusterDefinition['searchIndex']): ClusterDefinition {
  return { cluster: 'c', nodes: { a: {} }, sources: [], searchIndex };
}

function trees(facts: Partial<InspectNodeResult>, definition = define()) {
  return planTrees(definition, new Map([['a', found(facts)]])).trees.filter(({ path }) => path !== '');
}

describe('the search index of a set', () => {
  it('is a tree of its own for each node that keeps Lucene indexes, and nothing of it is emptied with Home', () => {
    expect(trees({ searchIndexPath: LUCENE })).toMatchObject([
      { kind: 'liferay-home', excludes: ['data/lucene', 'osgi/state'], cleared: ['osgi/state'] },
      { kind: 'search-index', node: 'a', clusterWide: false, path: LUCENE, excludes: [], cleared: [] },
    ]);
  });

  it('is emptied with Home where there is none, or cluster.yaml leaves it out', () => {
    const emptied = [{ kind: 'liferay-home', cleared: ['data/lucene', 'osgi/state'] }];
    expect(trees({})).toMatchObject(emptied);
    expect(trees({ searchIndexPath: LUCENE }, define({ kind: 'none' }))).toMatchObject(emptied);
  });

  it('names what is seen of it and not captured', () => {
    const searchEngines = [{ place: `${HOME}/data/elasticsearch7`, reason: 'its own' }];
    const left = { node: 'a', path: `${HOME}/data/elasticsearch7`, reason: 'its own' };
    expect(searchLeftOut('a', found({ searchEngines }), define())).toEqual([left]);
    expect(searchLeftOut('a', found({ searchIndexPath: LUCENE }), define({ kind: 'none' }))).toMatchObject([
      { path: LUCENE, reason: expect.stringContaining('cluster.yaml') },
    ]);
    expect(searchLeftOut('a', found(), define({ kind: 'lucene', path: '/x' }))).toMatchObject([
      { path: '/x' },
    ]);
  });

  it('is described in the statement: each index with its commit, and those without one by name', () => {
    const index = CapturedIndex.create({
      folder: '10154',
      commit: 'segments_m',
      committedUnixMillis: 1_772_359_200_000n,
      luceneVersion: '3.5',
      documents: 12n,
      files: 3,
      bytes: 400n,
    });
    const broken = CapturedIndex.create({ folder: '0', leftOut: 'segments_2 ends too early' });
    const tree = { node: 'a', name: 'search-index', kind: 'search-index', path: LUCENE };
    const captures = new Map([
      ['a/search-index', { tree, result: { searchIndex: { indexes: [index, broken] } } }],
    ]);
    expect(describeSearchIndex({ captures: captures as never, searchLeftOut: [] })).toEqual({
      indexes: [
        {
          node: 'a',
          folder: '10154',
          commit: 'segments_m',
          committedAt: '2026-03-01T10:00:00.000Z',
          luceneVersion: '3.5',
          documents: 12,
          files: 3,
          bytes: 400,
        },
      ],
      leftOut: [{ node: 'a', path: `${LUCENE}/0`, reason: 'segments_2 ends too early' }],
    });
    expect(describeSearchIndex({ captures: new Map(), searchLeftOut: [] })).toEqual({});
  });

  it('warns that tuning of 7.2 and 7.3 is lost with an engine that is not in the set', () => {
    const engine = { leftOut: [{ node: 'a', path: 'p', reason: 'r' }] };
    expect(tuningWarnings('7210', engine)).toHaveLength(1);
    expect(tuningWarnings('7310', {})).toEqual([]);
    expect(tuningWarnings('7413', engine)).toEqual([]);
    expect(tuningWarnings(null, engine)).toEqual([]);
  });
});
