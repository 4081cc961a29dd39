import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { FaultyProxy } from './faulty-proxy.ts';

const ANSWER = 'what the server says';

let server: Server;
let proxy: FaultyProxy;
let heard: string[];

beforeAll(async () => {
  server = createServer((request, response) => {
    void text(request).then((body) => {
      heard.push(`${request.method} ${request.url} ${body}`);
      response.writeHead(201, { 'content-length': ANSWER.length }).end(ANSWER);
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  proxy = await FaultyProxy.start(`http://127.0.0.1:${(server.address() as AddressInfo).port}`);
});
afterAll(async () => {
  await proxy.stop();
  server.close();
});

describe('a faulty proxy', () => {
  it('passes on what it is not told to spoil', async () => {
    expect(await asked(undefined)).toEqual({ status: 201, body: ANSWER });
    expect(heard).toEqual(['PUT /a?b body']);
    expect(proxy.requests.at(-1)).toMatchObject({ method: 'PUT', path: '/a?b' });
  });

  it('answers in the place of the server', async () => {
    expect(await asked({ kind: 'answer', status: 503, body: 'later' })).toEqual({
      status: 503,
      body: 'later',
    });
    expect(heard).toEqual([]);
  });

  it('breaks the connection before the server hears, or after it did', async () => {
    expect(await asked({ kind: 'reset' })).toBe('broken');
    expect(heard).toEqual([]);
    expect(await asked({ kind: 'lose-answer' })).toBe('broken');
    expect(heard).toEqual(['PUT /a?b body']);
  });

  it('cuts an answer short, or makes it another', async () => {
    expect(await asked({ kind: 'cut-answer', after: 4 })).toBe('broken');
    expect(await asked({ kind: 'rewrite', body: (said) => said.toUpperCase() })).toEqual({
      status: 201,
      body: ANSWER.toUpperCase(),
    });
  });

  async function asked(fault: ReturnType<FaultyProxy['faultOf']>): Promise<unknown> {
    heard = [];
    proxy.faultOf = () => fault;
    const asking = fetch(`${proxy.endpoint}/a?b`, { method: 'PUT', body: 'body' });
    return asking
      .then(async (answer) => ({ status: answer.status, body: await answer.text() }))
      .catch(() => 'broken');
  }
});
