/** Every setting that a file may hold, with its default; --data is said by the unit. */
export function serverConfig(): string {
  return `# Settings of lifeboat-server; LIFEBOAT_* variables win over this file. Restart lifeboat-server after a change.

# Name or address under which nodes and operators reach this server; it stands in its certificate.
# Default: the host's name.
# advertise: backup.example.com

# host: 0.0.0.0
# grpcPort: 9443
# httpPort: 9440

# Where backup sets are kept. Default: below the data directory. A folder elsewhere must be made writable:
# run the installation again with --writable FOLDER.
# vault: file:///srv/lifeboat-vault
# Or on S3; credentials come from the environment (docs/install-server.md), never from here.
# vault: s3://BUCKET/PREFIX

# Root secret of all keys. Without it no set can be read: keep a copy away from this machine.
# Default: below the data directory.
# keyFile: /etc/lifeboat/root.key

# PostgreSQL of the catalog. Default: an embedded one below the data directory.
# databaseUrl: postgres://lifeboat:PASSWORD@db.example.com/lifeboat

# Seconds of every hour in which packs proved longest ago are read and proved again; 0: never, the default on S3.
# renewProofsSeconds: 180

# logLevel: info
`;
}
