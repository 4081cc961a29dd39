import { createLog, exitWith, onStop } from '@lifeboat/runtime';
import { Command } from 'commander';

import { readServerOptions } from './server-options.ts';
import { startServer } from './start-server.ts';

const command = new Command('lifeboat-server')
  .description('The central server of Lifeboat: catalog, vault, coordination of backup sets and restores.')
  .option('--config <file>', 'YAML file with the settings below')
  .option('--data <directory>', 'everything of this server lies below it')
  .option('--host <address>', 'address to listen on (default 0.0.0.0)')
  .option('--grpc-port <port>', 'for agents (default 9443; 0 takes a free one)')
  .option('--http-port <port>', 'for the console API (default 9440; 0 takes a free one)')
  .option('--advertise <host>', 'name or address under which agents reach this server')
  .option('--vault <url>', 'where backup sets are kept (default: below --data)')
  .option('--replica <url>', 'a second vault, filled in the background (default: none)')
  .option('--key-file <file>', 'root secret of all keys (default: below --data)')
  .option('--take-over', 'own the vault although another server, which is no more, does')
  .option(
    '--prune-grace-seconds <seconds>',
    'how long what no set needs is kept all the same (default 86400)',
  )
  .option(
    '--deletion-delay-seconds <seconds>',
    'how long the server runs on before a set that a policy has let go of is deleted (default 259200)',
  )
  .option(
    '--renew-proofs-seconds <seconds>',
    'of every hour, how long old proofs are made again (default 180; 0, never, for a vault on S3)',
  )
  .option('--log-level <level>', 'debug, info, warn or error')
  .helpOption('-h, --help')
  .parse();

try {
  const options = readServerOptions(command.opts(), process.env);
  const log = createLog({ name: 'lifeboat-server', level: options.logLevel });
  const server = await startServer(options, log);
  if (server.adminToken !== undefined) {
    process.stdout.write(
      `administrator token (shown once, kept in ${options.data}/admin-token):\n${server.adminToken}\n`,
    );
  }
  onStop(log, () => server.stop());
} catch (error) {
  exitWith(error);
}
