import path from 'node:path';
import {
  oneOf,
  optionalText,
  optionalWholeNumber,
  readConfig,
  text,
  wholeNumber,
  yesOrNo,
  type ConfigSchema,
} from '@lifeboat/runtime';

/** How a server is configured: file, `LIFEBOAT_*` variables, flags, the later the stronger. */
export interface ServerOptions {
  /** Everything of this server that must survive it lies below here. */
  readonly data: string;
  /** Address to listen on. */
  readonly host: string;
  readonly grpcPort: number;
  readonly httpPort: number;
  /** Name or address under which agents reach this server; it stands in its certificate. */
  readonly advertise: string | undefined;
  /** postgres://… of the catalog; an embedded PostgreSQL when left out. */
  readonly databaseUrl: string | undefined;
  /** file:///… or s3://bucket/prefix; below `data` when left out. */
  readonly vault: string | undefined;
  /** file:///… or s3://bucket/prefix: a second vault, filled in the background; none when left out. */
  readonly replica: string | undefined;
  /** The root secret of all keys; below `data` when left out, better on another disk. */
  readonly keyFile: string | undefined;
  /** Become the owner of a vault that another server (one that is no more) owned. */
  readonly takeOver: boolean;
  /** How long what no set needs is kept all the same before a prune deletes it. */
  readonly pruneGraceSeconds: number;
  /** How long servers run on before a set that a policy has let go of is deleted. */
  readonly deletionDelaySeconds: number;
  /**
   * Of every hour, how long proofs made longest ago are made again in the background; 0: never. Left out, it is 180, and 0
   * where the vault is on S3: reading may cost money there.
   */
  readonly renewProofsSeconds: number;
  readonly logLevel: 'debug' | 'info' | 'warn' | 'error';
}

const PORTS = { min: 0, max: 65_535 };

const DAY_SECONDS = 86_400;

/** What was said; the default of one thing hangs on another. */
type Said = Omit<ServerOptions, 'renewProofsSeconds'> & { readonly renewProofsSeconds: number | undefined };

const SCHEMA: ConfigSchema<Said> = {
  data: text(),
  host: text('0.0.0.0'),
  grpcPort: wholeNumber(PORTS, 9443),
  httpPort: wholeNumber(PORTS, 9440),
  advertise: optionalText(),
  databaseUrl: optionalText(),
  vault: optionalText(),
  replica: optionalText(),
  keyFile: optionalText(),
  takeOver: yesOrNo(false),
  pruneGraceSeconds: wholeNumber({ min: 0, max: 366 * DAY_SECONDS }, DAY_SECONDS),
  deletionDelaySeconds: wholeNumber({ min: 0, max: 366 * DAY_SECONDS }, 3 * DAY_SECONDS),
  renewProofsSeconds: optionalWholeNumber({ min: 0, max: 3600 }),
  logLevel: oneOf(['debug', 'info', 'warn', 'error'], 'info'),
};

export function readServerOptions(flags: Record<string, unknown>, env: NodeJS.ProcessEnv): ServerOptions {
  const { config, ...settings } = flags;
  const options = readConfig(SCHEMA, { file: config as string | undefined, env, flags: settings });
  return {
    ...options,
    data: path.resolve(options.data),
    renewProofsSeconds: options.renewProofsSeconds ?? (options.vault?.startsWith('s3://') ? 0 : 180),
  };
}
