import { fromErrorReport, LifeboatError, type ErrorCode } from '@lifeboat/kernel';
import { describeIssues } from './describe-issues.ts';
import type { Route } from './route.ts';
import { API_BASE, ROUTES, type InputOf, type ResponseOf, type RouteName } from './routes.ts';
import { errorBodySchema } from './schemas/common.ts';

export interface TransportRequest {
  readonly method: string;
  /** Absolute, with the query. */
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body?: string | undefined;
}

export interface TransportResponse {
  readonly status: number;
  readonly body: string;
}

/**
 * Sends one request; the caller brings it, with the authority it trusts (this library touches no network).
 * Rejects with UNREACHABLE when there was no answer, CERTIFICATE_UNKNOWN_CA when the server could not be trusted.
 */
export type Transport = (request: TransportRequest) => Promise<TransportResponse>;

export interface ConsoleClientOptions {
  /** `https://host:9440`. */
  readonly url: string;
  /** Absent only for `join`, which carries its own. */
  readonly token?: string | undefined;
  readonly transport: Transport;
}

interface LooseInput {
  readonly params?: Readonly<Record<string, string>>;
  readonly query?: Readonly<Record<string, unknown>>;
  readonly body?: unknown;
}

/** The console API as typed calls: `client.call('getSet', { params: { id } })`. */
export class ConsoleClient {
  readonly #options: ConsoleClientOptions;

  constructor(options: ConsoleClientOptions) {
    this.#options = options;
  }

  /**
   * @param idempotencyKey repeat a mutating call with the same key, and the work is done once
   * @throws LifeboatError the server's own, or UNREACHABLE, CERTIFICATE_UNKNOWN_CA, PROTOCOL_BREACH
   */
  async call<Name extends RouteName>(
    name: Name,
    input: InputOf<Name>,
    idempotencyKey?: string,
  ): Promise<ResponseOf<Name>> {
    const route: Route = ROUTES[name];
    const { params, query, body } = input as LooseInput;
    const response = await this.#options.transport({
      method: route.method.toUpperCase(),
      url:
        this.#options.url.replace(/\/+$/, '') + API_BASE + pathOf(route, params ?? {}) + queryOf(query ?? {}),
      headers: this.#headers(idempotencyKey),
      ...(route.mutating && { body: JSON.stringify(body ?? {}) }),
    });
    if (response.status >= 400) throw errorOf(response);
    return answerOf(route, response.body) as ResponseOf<Name>;
  }

  #headers(idempotencyKey: string | undefined): Record<string, string> {
    return {
      accept: 'application/json',
      'content-type': 'application/json',
      ...(this.#options.token !== undefined && { authorization: `Bearer ${this.#options.token}` }),
      ...(idempotencyKey !== undefined && { 'idempotency-key': idempotencyKey }),
    };
  }
}

function pathOf(route: Route, params: Readonly<Record<string, string>>): string {
  return route.path.replaceAll(/:(\w+)/g, (_, key: string) => encodeURIComponent(params[key] ?? ''));
}

function queryOf(query: Readonly<Record<string, unknown>>): string {
  const pairs = Object.entries(query).filter(([, value]) => value !== undefined);
  if (pairs.length === 0) return '';
  return `?${new URLSearchParams(pairs.map(([key, value]) => [key, String(value)])).toString()}`;
}

/** The body as the server sent it: fields of a newer server are passed on, what this release needs is checked. */
function answerOf(route: Route, body: string): unknown {
  const value = parseJson(body);
  const parsed = route.response.safeParse(value);
  if (!parsed.success) {
    throw new LifeboatError(
      'PROTOCOL_BREACH',
      `the answer to ${route.path} is not what the console API promises`,
      {
        guidance:
          'Command and server may be of different releases, or the URL is not that of a Lifeboat server.',
        context: { problems: describeIssues(parsed.error.issues) },
      },
    );
  }
  return value;
}

function errorOf(response: TransportResponse): LifeboatError {
  const body = errorBodySchema.safeParse(parseJson(response.body));
  if (body.success) {
    const { error } = body.data;
    const code = fromErrorReport(error).code;
    return new LifeboatError(code, error.message, { guidance: error.guidance, context: error.context });
  }
  return new LifeboatError(
    codeOfStatus(response.status),
    `the server answered with status ${response.status}`,
    {
      guidance: 'The answer did not come from a Lifeboat server: check the URL and any proxy in between.',
    },
  );
}

function codeOfStatus(status: number): ErrorCode {
  if (status === 401) return 'NOT_AUTHENTICATED';
  if (status === 403) return 'NOT_AUTHORISED';
  if (status === 404) return 'NOT_FOUND';
  return status >= 500 ? 'UNREACHABLE' : 'PROTOCOL_BREACH';
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
