import { expect, it } from '@jest/globals';

import { readServerOptions } from './server-options.ts';

it.each([
  ['by default', {}, 180],
  ['not where reading may cost money', { LIFEBOAT_VAULT: 's3://bucket/prefix' }, 0],
  [
    'there, too, if it is said',
    { LIFEBOAT_VAULT: 's3://bucket/prefix', LIFEBOAT_RENEW_PROOFS_SECONDS: '60' },
    60,
  ],
  ['never, if that is said', { LIFEBOAT_RENEW_PROOFS_SECONDS: '0' }, 0],
])('old proofs are renewed %s', (_, env, seconds) => {
  expect(readServerOptions({ data: '/data' }, env).renewProofsSeconds).toBe(seconds);
});
