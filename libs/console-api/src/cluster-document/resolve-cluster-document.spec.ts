import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { parseClusterDocument } from './resolve-cluster-document.ts';

const whole = {
  cluster: 'portal',
  nodes: { 'node-1': { liferayHome: '/opt/liferay' }, 'node-2': {} },
  database: {
    kind: 'postgresql',
    url: 'postgres://lportal@db:5432/lportal',
    passwordFile: '/etc/pw',
    runOn: 'node-1',
  },
  documentStore: { kind: 'file-system', path: '/mnt/share/document_library', shared: true },
  searchIndex: { kind: 'lucene', path: 'data/lucene' },
  sources: [{ kind: 'path', node: 'node-1', path: '/etc/nginx' }],
  schedule: {
    cron: '0 2 * * *',
    timeZone: 'Europe/Berlin',
    windows: ['mon-fri 22:00-06:00'],
    jitterSeconds: 600,
    catchUp: false,
  },
  retention: { keepLast: 7, hourly: 24, daily: 14, weekly: 8, monthly: 12, yearly: 3, timeZone: 'UTC' },
};

const refusal = (value: unknown): string => {
  try {
    parseClusterDocument(value);
  } catch (error) {
    expect(error).toMatchObject({ code: 'USAGE' });
    return (error as Error).message;
  }
  throw new Error('was accepted');
};

describe('a cluster definition', () => {
  it('keeps everything the document says', () => {
    expect(parseClusterDocument(whole)).toEqual(whole);
  });

  it('resolves to a document that resolves to itself', () => {
    const once = parseClusterDocument({
      cluster: 'c',
      nodes: { a: null },
      database: { kind: 'mysql', url: 'mysql://u@h/d' },
    });
    expect(parseClusterDocument(once)).toEqual(once);
    expect(once).toMatchObject({ nodes: { a: {} }, database: { runOn: 'server' }, sources: [] });
  });

  it('may keep its documents in the database, however many nodes there are', () => {
    const document = { ...whole, documentStore: { kind: 'database' } };
    expect(parseClusterDocument(document).documentStore).toEqual({ kind: 'database', shared: false });
    expect(parseClusterDocument(parseClusterDocument(document)).documentStore?.kind).toBe('database');
  });

  it('may consist of path sources alone', () => {
    const document = { cluster: 'c', nodes: { a: {} }, sources: [{ kind: 'path', node: 'a', path: '/etc' }] };
    expect(parseClusterDocument(document)).toEqual(document);
  });

  it.each([
    [{ ...whole, databse: {} }, 'databse: unknown key'],
    [{ ...whole, nodes: { 'node-1': { home: '/x' } } }, 'nodes.node-1.home: unknown key'],
    [{ ...whole, nodes: {} }, 'nodes: must name at least one node'],
    [{ ...whole, nodes: { Node_1: {} } }, 'nodes.Node_1: must be a name'],
    [{ ...whole, nodes: { server: {} } }, '"server" is a reserved word'],
    [{ cluster: 'c' }, 'nodes: is missing'],
    [
      { ...whole, sources: [{ kind: 'git', url: 'x' }] },
      'sources[0].kind: sources of kind "git" are not supported yet',
    ],
    [{ ...whole, sources: [{ kind: 'path', node: 'node-9', path: '/x' }] }, 'there is no node "node-9"'],
    [
      { ...whole, sources: [{ kind: 'path', node: 'node-1', path: '/x/../y' }] },
      'sources[0].path: must be an absolute path',
    ],
    [
      { ...whole, documentStore: { kind: 'database', path: '/mnt/store' } },
      'documentStore.path: a store of kind "database" has none',
    ],
    [
      { cluster: 'c', nodes: { a: {} }, documentStore: { kind: 'database' } },
      'documentStore.kind: "database" needs a database',
    ],
    [{ ...whole, documentStore: { kind: 's3' } }, 'document stores of kind "s3" are not supported yet'],
    [{ ...whole, searchIndex: { kind: 'elasticsearch' } }, 'search indexes of kind "elasticsearch"'],
    [{ ...whole, database: { from: 'portal-properties' } }, '"portal-properties" is not supported yet'],
    [{ ...whole, database: { kind: 'oracle' } }, 'database.kind'],
    [
      { ...whole, database: { ...whole.database, runOn: 'node-9' } },
      'database.runOn: there is no node "node-9"',
    ],
    [{ ...whole, database: { kind: 'mysql', url: 'postgres://u@h/d' } }, 'must begin with mysql://'],
    [{ ...whole, schedule: { cron: 'daily' } }, 'schedule.cron'],
    [{ ...whole, schedule: { cron: '0 2 * * *', windows: ['nightly'] } }, 'schedule.windows'],
    [{ ...whole, retention: { daily: 0 } }, 'must keep something'],
    [{ ...whole, schedule: { cron: '0 2 * * *', timeZone: 'Mars/Olympus' } }, 'schedule.timeZone'],
  ])('is refused by name: case %#', (document, message) => {
    expect(refusal(document)).toContain(message);
  });

  it('is refused when its URL holds a password, which the message does not repeat', () => {
    const database = { kind: 'postgresql', url: 'postgres://u:s3cret@h/d' };
    const message = refusal({ ...whole, database });
    expect(message).toContain('holds a password');
    expect(message).not.toContain('s3cret');
  });

  it('is accepted or refused in words, whatever the value', () => {
    const anything = fc.anything();
    const nearly = fc.record(
      {
        cluster: fc.constant('c'),
        nodes: fc.dictionary(fc.string(), anything),
        database: anything,
        sources: anything,
      },
      { requiredKeys: [] },
    );
    fc.assert(
      fc.property(fc.oneof(anything, nearly), (value) => {
        try {
          parseClusterDocument(value);
        } catch (error) {
          expect(error).toMatchObject({ name: 'LifeboatError', code: 'USAGE' });
        }
      }),
    );
  });
});
