import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { describeDrift, differingKeys, driftGroupOf } from './drift.ts';

describe('driftGroupOf', () => {
  it.each([
    ['portal-ext.properties', 'portal properties'],
    ['webapps/ROOT/WEB-INF/classes/portal-ext.properties', 'portal properties'],
    ['osgi/configs/x.Y~main.config', 'component configuration'],
    ['osgi/modules/a.jar', 'modules'],
    ['osgi/marketplace/App 1.lpkg', 'modules'],
    ['osgi/portal/a.jar', 'patch level'],
    ['patching-tool/patches/p.zip', 'patch level'],
    ['webapps/ROOT/WEB-INF/shielded-container-lib/a.jar', 'patch level'],
    ['standalone/deployments/ROOT.war/WEB-INF/lib/a.jar', 'patch level'],
    ['standalone/deployments/ROOT.war/WEB-INF/web.xml', 'web.xml'],
    ['installedApps/cell/liferay.ear/liferay.war/WEB-INF/web.xml', 'web.xml'],
    ['webapps/manager/WEB-INF/web.xml', undefined],
    ['license/activation-key.xml', undefined],
    ['conf/server.xml', undefined],
    ['logs/liferay.log', undefined],
    ['data/portal-ext.properties', undefined],
  ])('%s is of %s', (path, group) => {
    expect(driftGroupOf(path)).toBe(group);
  });
});

describe('differingKeys', () => {
  it('tells keys, and not those whose values are of a node', () => {
    const text = (name: string, url: string) =>
      `cluster.link.channel.logic.name.control=${name}\ncluster.link.bind.addr["x"]=${name}\njdbc.default.url=${url}\nsame=1`;
    expect(differingKeys('portal-ext.properties', text('a', 'u'), text('b', 'u'))).toEqual([]);
    expect(differingKeys('portal-ext.properties', text('a', 'u'), `${text('b', 'v')}\nmore=1`)).toEqual([
      'jdbc.default.url',
      'more',
    ]);
  });

  it('reads configuration of components, and gives up on what does not parse', () => {
    expect(differingKeys('osgi/configs/a.config', 'a=I"1"\nb="x"', 'b="x"\na=I"2"')).toEqual(['a']);
    expect(differingKeys('osgi/configs/a.config', 'a=oops', 'a="1"')).toBeUndefined();
  });

  it('finds no difference in a text and itself with other comments and order', () => {
    const key = fc.stringMatching(/^[a-z]{1,4}$/);
    fc.assert(
      fc.property(fc.uniqueArray(key), (keys) => {
        const lines = keys.map((one) => `${one}=${one}`);
        const text = ['# x', ...lines].join('\n');
        expect(differingKeys('portal-ext.properties', text, lines.toReversed().join('\n\n'))).toEqual([]);
      }),
    );
  });
});

describe('describeDrift', () => {
  it('says by kind what differs and who has what alone, and counts what is too much to read', () => {
    const modules = Array.from({ length: 7 }, (_, at) => ({
      path: `osgi/modules/m${at}.jar`,
      on: 'other' as const,
    }));
    expect(
      describeDrift('n1', 'n2', [
        { path: 'portal-ext.properties', on: 'both', keys: ['jdbc.default.url'] },
        ...modules,
        { path: 'osgi/modules/own.jar', on: 'first' },
      ]),
    ).toEqual([
      'n1 and n2 should have the same portal properties: differ: portal-ext.properties (jdbc.default.url)',
      'n1 and n2 should have the same modules: only on n1: osgi/modules/own.jar; only on n2: osgi/modules/m0.jar, osgi/modules/m1.jar, osgi/modules/m2.jar, osgi/modules/m3.jar, osgi/modules/m4.jar and 2 more',
    ]);
    expect(describeDrift('n1', 'n2', [])).toEqual([]);
  });
});
