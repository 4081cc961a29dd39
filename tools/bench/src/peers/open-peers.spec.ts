import { afterEach, describe, expect, it } from '@jest/globals';

import { openPeers } from './open-peers.ts';

describe('openPeers', () => {
  const path = process.env.PATH;
  afterEach(() => {
    process.env.PATH = path;
  });

  it('refuses a peer it does not know, and says which it does', async () => {
    await expect(openPeers(['tar'], '/nowhere')).rejects.toMatchObject({
      code: 'USAGE',
      guidance: expect.stringContaining('restic-rest'),
    });
  });

  it('says how to install what a peer needs, instead of leaving it out', async () => {
    process.env.PATH = '/nowhere';
    await expect(openPeers(['restic', 'borg'], '/nowhere')).rejects.toMatchObject({
      code: 'USAGE',
      guidance: 'apt-get install --no-install-recommends restic borgbackup',
    });
  });
});
