import { describe, expect, it } from '@jest/globals';
import { ConsoleClient, type TransportRequest, type TransportResponse } from './console-client.ts';

const answering = (response: TransportResponse) => {
  const requests: TransportRequest[] = [];
  const client = new ConsoleClient({
    url: 'https://server:9440/',
    token: 'lba_t',
    transport: async (request) => {
      requests.push(request);
      return response;
    },
  });
  return { client, requests };
};

const ok = (value: unknown): TransportResponse => ({ status: 200, body: JSON.stringify(value) });

describe('a console client', () => {
  it('puts parameters, query, token and key where the route wants them', async () => {
    const { client, requests } = answering(ok({ set: 's', path: 'a/b', entries: [], next: null }));
    await client.call(
      'browseSet',
      { params: { id: 'ab/cd' }, query: { path: 'a b&c', after: undefined } },
      'key-1',
    );
    expect(requests[0]).toMatchObject({
      method: 'GET',
      url: 'https://server:9440/api/v1/sets/ab%2Fcd/browse?path=a+b%26c',
      headers: { authorization: 'Bearer lba_t', 'idempotency-key': 'key-1' },
    });
    expect(requests[0]).not.toHaveProperty('body');
  });

  it('passes on what a newer server adds', async () => {
    const { client } = answering(ok({ name: 'me', role: 'admin', since: 2030 }));
    await expect(client.call('getMe', {})).resolves.toEqual({ name: 'me', role: 'admin', since: 2030 });
  });

  it('throws the server’s own error', async () => {
    const error = { code: 'SET_RUNNING', message: 'm', guidance: 'g', context: { set: 's' } };
    const { client } = answering({ status: 409, body: JSON.stringify({ error }) });
    await expect(client.call('startSet', { params: { cluster: 'c' } })).rejects.toMatchObject(error);
  });

  it.each([
    [{ status: 401, body: '<html>' }, 'NOT_AUTHENTICATED'],
    [{ status: 403, body: '' }, 'NOT_AUTHORISED'],
    [{ status: 404, body: 'nginx' }, 'NOT_FOUND'],
    [{ status: 502, body: 'Bad Gateway' }, 'UNREACHABLE'],
    [{ status: 200, body: '<html>' }, 'PROTOCOL_BREACH'],
    [{ status: 200, body: '{"name":"me","role":"emperor"}' }, 'PROTOCOL_BREACH'],
  ])('makes a typed error of an answer that is not the server’s: %j', async (response, code) => {
    await expect(answering(response).client.call('getMe', {})).rejects.toMatchObject({ code });
  });
});
