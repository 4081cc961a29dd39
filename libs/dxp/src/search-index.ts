import type { FileView } from './file-view.ts';
import { osgiText, parseOsgiConfig } from './osgi-config.ts';
import { joinPath, resolvePath } from './paths.ts';
import type { PortalConfiguration, Setting } from './portal-configuration.ts';

/** Where a portal keeps its search index, and what of it no copy of files can capture (DXP facts §4.1). */
export interface SearchIndex {
  /** Folder of this node's Lucene indexes, one per company, absolute; undefined: it has none. Up to 6.2 only. */
  readonly lucenePath: string | undefined;
  readonly luceneFrom: Setting | undefined;
  readonly engines: readonly SearchEngine[];
}

export interface SearchEngine {
  /** Folder of its data, or what its configuration calls its hosts. */
  readonly place: string;
  readonly reason: string;
}

const LUCENE_KEY = 'lucene.dir';
const LUCENE_DEFAULT = 'data/lucene';
/** Data of the Elasticsearch that the portal starts itself: embedded up to 7.2, a sidecar since. */
export const ELASTICSEARCH_DATA = [
  'data/elasticsearch2',
  'data/elasticsearch6',
  'data/elasticsearch7',
  'data/elasticsearch8',
];
const CONNECTORS = [
  {
    file: /elasticsearch\d?\.configuration\.ElasticsearchConfiguration\.(config|cfg)$/,
    engine: 'Elasticsearch',
  },
  { file: /opensearch\d?\.configuration\.OpenSearchConfiguration\.(config|cfg)$/, engine: 'OpenSearch' },
  { file: /solr\d?\.configuration\.SolrConfiguration\.(config|cfg)$/, engine: 'Solr' },
];

/** @param named by the operator, absolute or relative to Home; empty: the portal's own setting, or its default */
export function findSearchIndex(
  view: FileView,
  configuration: PortalConfiguration,
  home: string,
  named = '',
): SearchIndex {
  const luceneFrom = configuration.get(LUCENE_KEY);
  const path = resolvePath(home, named || luceneFrom?.value || LUCENE_DEFAULT);
  const isThere = view.list(path) !== undefined;
  return {
    lucenePath: isThere ? path : undefined,
    luceneFrom: isThere && named === '' ? luceneFrom : undefined,
    engines: [...ownElasticsearch(view, home), ...connectors(view, configuration, home)],
  };
}

function ownElasticsearch(view: FileView, home: string): SearchEngine[] {
  return ELASTICSEARCH_DATA.map((path) => joinPath(home, path))
    .filter((path) => view.list(path) !== undefined)
    .map((place) => ({
      place,
      reason: "the portal's own Elasticsearch: a copy of its running files is no index",
    }));
}

function connectors(view: FileView, configuration: PortalConfiguration, home: string): SearchEngine[] {
  const base = configuration.get('module.framework.base.dir')?.value ?? 'osgi';
  const folder = joinPath(resolvePath(home, base), 'configs');
  return (view.list(folder) ?? []).flatMap((name) => {
    const engine = CONNECTORS.find(({ file }) => file.test(name))?.engine;
    if (engine === undefined) return [];
    const hosts = remoteHosts(view.read(joinPath(folder, name)) ?? '', engine);
    return hosts === undefined
      ? []
      : [{ place: hosts, reason: `${engine} outside the portal: take its own snapshot beside each set` }];
  });
}

/** Undefined: Elasticsearch within the portal, or a text that cannot be read. */
function remoteHosts(text: string, engine: string): string | undefined {
  try {
    const config = new Map(parseOsgiConfig(text).map(({ key, value }) => [key, value]));
    const isRemote = config.get('operationMode') === 'REMOTE' || config.get('productionModeEnabled') === true;
    if (engine === 'Elasticsearch' && !isRemote) return undefined;
    const hosts = config.get('networkHostAddresses') ?? config.get('readURL');
    return hosts === undefined ? engine : osgiText(hosts);
  } catch {
    return undefined;
  }
}
