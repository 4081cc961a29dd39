import { describe, expect, it } from '@jest/globals';
import { treeNameOf } from './tree-name.ts';

describe('the name of a tree', () => {
  it('is node and tree; what belongs to no node is the cluster’s', () => {
    expect(treeNameOf({ node: 'node-1', tree: 'liferay-home' })).toBe('node-1/liferay-home');
    expect(treeNameOf({ node: null, tree: 'database' })).toBe('cluster/database');
  });

  it.each(['..', '.', '', 'a/b', '/etc', '-x', 'a\0', 'A', 'x'.repeat(64)])(
    'is refused when it is %j',
    (name) => {
      const damaged = expect.objectContaining({ code: 'FORMAT_DAMAGED' });
      expect(() => treeNameOf({ node: name, tree: 'ok' })).toThrow(damaged);
      expect(() => treeNameOf({ node: null, tree: name })).toThrow(damaged);
    },
  );
});
