export const SWIFT_REGION = 'us-east-1';

export type StorageKind = 'account' | 'container' | 'object';
export type SwiftPorts = Readonly<Record<StorageKind | 'proxy' | 'memcached', number>>;

/** Configuration files by name, for a Swift of one device below `directory` that speaks S3 to `user` (account:name). */
export function swiftConfiguration(
  directory: string,
  ports: SwiftPorts,
  user: { readonly name: string; readonly password: string },
): Readonly<Record<string, string>> {
  return {
    'swift.conf': lines({
      'swift-hash': { swift_hash_path_prefix: 'prefix', swift_hash_path_suffix: 'suffix' },
      'storage-policy:0': { name: 'Policy-0', default: 'yes' },
    }),
    'account-server.conf': storageServer('account', directory, ports),
    // A busy machine may answer late; an entry put off would need a daemon that does not run here.
    'container-server.conf': storageServer('container', directory, ports, {
      conn_timeout: 5,
      node_timeout: 30,
    }),
    'object-server.conf': storageServer('object', directory, ports, { container_update_timeout: 30 }),
    'proxy-server.conf': proxyServer(directory, ports, user),
  };
}

type Section = Readonly<Record<string, string | number>>;

function storageServer(kind: StorageKind, directory: string, ports: SwiftPorts, more: Section = {}): string {
  return lines({
    DEFAULT: common(directory, ports[kind]),
    'pipeline:main': { pipeline: `${kind}-server` },
    [`app:${kind}-server`]: { use: `egg:swift#${kind}`, recon_cache_path: `${directory}/recon`, ...more },
  });
}

function proxyServer(
  directory: string,
  ports: SwiftPorts,
  user: { readonly name: string; readonly password: string },
): string {
  const plain = ['catch_errors', 'gatekeeper', 'healthcheck', 'listing_formats', 'bulk', 'slo'];
  return lines({
    DEFAULT: common(directory, ports.proxy),
    'pipeline:main': {
      pipeline:
        'catch_errors gatekeeper healthcheck cache listing_formats bulk s3api tempauth slo proxy-server',
    },
    'app:proxy-server': {
      use: 'egg:swift#proxy',
      account_autocreate: 'true',
      conn_timeout: 5,
      node_timeout: 60,
      // With one device there is no other to turn to after errors.
      error_suppression_limit: 1_000_000,
    },
    ...Object.fromEntries(plain.map((name) => [`filter:${name}`, { use: `egg:swift#${name}` }])),
    'filter:cache': { use: 'egg:swift#memcache', memcache_servers: `127.0.0.1:${ports.memcached}` },
    'filter:s3api': { use: 'egg:swift#s3api', location: SWIFT_REGION },
    'filter:tempauth': {
      use: 'egg:swift#tempauth',
      [`user_${user.name.replace(':', '_')}`]: `${user.password} .admin`,
    },
  });
}

function common(directory: string, port: number): Section {
  return {
    bind_ip: '127.0.0.1',
    bind_port: port,
    // In this process: nothing is forked that could be left behind.
    workers: 0,
    swift_dir: directory,
    devices: `${directory}/node`,
    mount_check: 'false',
    disable_fallocate: 'true',
    fallocate_reserve: 0,
    db_preallocation: 'off',
    log_level: 'WARNING',
    log_address: `${directory}/no-syslog`,
  };
}

function lines(sections: Readonly<Record<string, Section>>): string {
  return Object.entries(sections)
    .map(([name, section]) => [
      `[${name}]`,
      ...Object.entries(section).map(([key, value]) => `${key} = ${value}`),
      '',
    ])
    .flat()
    .join('\n');
}
