import { readFile } from 'node:fs/promises';
import { ConsoleClient } from '@lifeboat/console-api';
import { LifeboatError, messageOf } from '@lifeboat/kernel';
import { httpsTransport } from './https-transport.ts';

export interface ConnectionOptions {
  readonly url?: string;
  readonly token?: string;
  readonly tokenFile?: string;
  /** File with the PEM of the authority that signed the server's certificate. */
  readonly ca?: string;
}

/** A client for the server that flags or, where they say nothing, the environment name. */
export async function connect(
  options: ConnectionOptions,
  environment: NodeJS.ProcessEnv,
): Promise<{ client: ConsoleClient; url: string }> {
  const url = checkedUrl(options.url ?? environment['LIFEBOAT_URL']);
  const token = await tokenOf(options, environment);
  const caFile = options.ca ?? environment['LIFEBOAT_CA'];
  const ca = caFile === undefined ? undefined : await readGiven('the certificate authority', caFile);
  return { client: new ConsoleClient({ url, token, transport: httpsTransport({ ca }) }), url };
}

function checkedUrl(text: string | undefined): string {
  if (text === undefined || text === '') {
    throw new LifeboatError('USAGE', 'the server’s address is not known', {
      guidance: 'Give --url https://HOST:9440 or set LIFEBOAT_URL.',
    });
  }
  // A token must not travel in the clear, not even by mistake.
  if (!URL.canParse(text) || new URL(text).protocol !== 'https:') {
    throw new LifeboatError('USAGE', 'the server’s address must begin with https://', {
      guidance: 'For example https://backup.example.com:9440.',
    });
  }
  return text;
}

async function tokenOf(
  options: ConnectionOptions,
  environment: NodeJS.ProcessEnv,
): Promise<string | undefined> {
  const token = await givenToken(options, environment);
  if (token === undefined || /^[\x21-\x7e]*$/.test(token)) return token;
  throw new LifeboatError('USAGE', 'the token holds characters that no token has', {
    guidance: 'Check what --token, --token-file or LIFEBOAT_TOKEN give: one token, nothing else.',
  });
}

/** Flags win over the environment; in both, the token itself over a file that holds it. */
async function givenToken(
  options: ConnectionOptions,
  environment: NodeJS.ProcessEnv,
): Promise<string | undefined> {
  if (options.token !== undefined) return options.token;
  if (options.tokenFile !== undefined) return readGiven('the token', options.tokenFile);
  const { LIFEBOAT_TOKEN: token, LIFEBOAT_TOKEN_FILE: file } = environment;
  if (token !== undefined) return token;
  return file === undefined ? undefined : readGiven('the token', file);
}

async function readGiven(what: string, file: string): Promise<string> {
  try {
    return (await readFile(file, 'utf8')).trim();
  } catch (error) {
    throw new LifeboatError('USAGE', `${what} cannot be read: ${messageOf(error)}`, { cause: error });
  }
}
