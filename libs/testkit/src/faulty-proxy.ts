import {
  createServer,
  request as ask,
  type IncomingMessage,
  type Server,
  type ServerResponse,
} from 'node:http';
import type { AddressInfo } from 'node:net';
import { buffer } from 'node:stream/consumers';

/** What goes wrong with one request on its way. */
export type Fault =
  /** Answered here; the server never hears of it. */
  | {
      readonly kind: 'answer';
      readonly status: number;
      readonly headers?: Record<string, string>;
      readonly body?: string;
    }
  /** Neither heard nor answered; the connection stays. */
  | { readonly kind: 'silence' }
  /** The connection breaks before the server hears of it. */
  | { readonly kind: 'reset' }
  /** The server does it, and the connection breaks before its answer arrives. */
  | { readonly kind: 'lose-answer' }
  /** The answer breaks off after so many bytes of its body. */
  | { readonly kind: 'cut-answer'; readonly after: number }
  /** The answer's body arrives as another. */
  | { readonly kind: 'rewrite'; readonly body: (text: string) => string };

export interface ProxiedRequest {
  readonly method: string;
  /** With its query. */
  readonly path: string;
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  /** Reads the body; what is read here can no longer be passed on, so a fault of kind `answer` must follow. */
  body(): Promise<Buffer>;
}

export type FaultOf = (request: ProxiedRequest) => Fault | undefined | Promise<Fault | undefined>;

/** Stands between a client and a real HTTP server and lets go wrong what a test wants; passes on everything else. */
export class FaultyProxy {
  /** Everything that was asked, faults included. */
  readonly requests: ProxiedRequest[] = [];
  /** What befalls a request; nothing, until a test says otherwise. */
  faultOf: FaultOf = () => undefined;
  readonly #server: Server;
  readonly #upstream: URL;

  private constructor(upstream: URL) {
    this.#upstream = upstream;
    this.#server = createServer((request, response) => {
      this.#handle(request, response).catch(() => request.socket.destroy());
    });
  }

  /** `upstream`: http://host:port. */
  static async start(upstream: string): Promise<FaultyProxy> {
    const proxy = new FaultyProxy(new URL(upstream));
    await new Promise<void>((resolve) => proxy.#server.listen(0, '127.0.0.1', resolve));
    return proxy;
  }

  get endpoint(): string {
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  async stop(): Promise<void> {
    this.#server.closeAllConnections();
    await new Promise((resolve) => this.#server.close(resolve));
  }

  async #handle(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const { method = '', url = '', headers } = request;
    const asked = { method, path: url, headers, body: () => buffer(request) };
    this.requests.push(asked);
    const fault = await this.faultOf(asked);
    if (fault?.kind === 'silence') return;
    if (fault?.kind === 'reset') return void request.socket.destroy();
    if (fault?.kind === 'answer') return answerHere(request, response, fault);
    const answer = await this.#forward(request);
    await passBack(answer, response, fault);
  }

  /** Headers as they are: the signature covers them. */
  #forward(request: IncomingMessage): Promise<IncomingMessage> {
    const { hostname, port } = this.#upstream;
    const { method, url: path, headers } = request;
    return new Promise((resolve, reject) => {
      const forwarded = ask({ hostname, port, method, path, headers, setHost: false }, resolve);
      forwarded.once('error', reject);
      request.pipe(forwarded);
    });
  }
}

async function answerHere(
  request: IncomingMessage,
  response: ServerResponse,
  { status, headers = {}, body = '' }: Fault & { kind: 'answer' },
): Promise<void> {
  if (!request.readableEnded) request.resume();
  response.writeHead(status, headers).end(body);
}

async function passBack(
  answer: IncomingMessage,
  response: ServerResponse,
  fault: Fault | undefined,
): Promise<void> {
  const body = await buffer(answer);
  if (fault?.kind === 'lose-answer') return void response.destroy();
  const headers = { ...answer.headers };
  delete headers['transfer-encoding'];
  const passed = fault?.kind === 'rewrite' ? Buffer.from(fault.body(body.toString('utf8'))) : body;
  if (fault?.kind === 'rewrite') headers['content-length'] = String(passed.length);
  response.writeHead(answer.statusCode ?? 502, headers);
  if (fault?.kind !== 'cut-answer') return void response.end(passed);
  response.write(passed.subarray(0, fault.after), () => response.destroy());
}
