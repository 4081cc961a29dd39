import { describe, expect, it } from '@jest/globals';
import { silentLog } from '@lifeboat/kernel';

import type { BackupSetRun } from './backup-set-run.ts';
import { proveDump } from './prove-dump.ts';
import { StoreCopies } from './store-copies.ts';

const ROW = {
  companyId: '1',
  groupId: '2',
  folderId: '0',
  repositoryId: '2',
  name: '101',
  version: '1.0',
  storeUUID: '',
  size: 10,
  title: 'T',
  status: 0,
  ctCollectionId: '0',
};
const CONTENT = {
  ctCollectionId: '0',
  companyId: '1',
  repositoryId: '2',
  path: '101',
  version: '1.0',
  size: 10,
};

function runWith(storeContents: readonly unknown[]): BackupSetRun {
  const report = { documents: [ROW], images: [], contents: [], storeContents, externalRepositories: [] };
  return {
    cluster: { definition: { documentStore: { kind: 'database', shared: false } } },
    dumped: { report },
    copies: new StoreCopies(),
    services: { log: silentLog },
  } as unknown as BackupSetRun;
}

describe('the proof of a store in the database', () => {
  it('counts rows against the contents of the same dump', async () => {
    const run = runWith([CONTENT]);
    expect(await proveDump(run)).toBeUndefined();
    expect(run.resolution).toMatchObject({ rows: 1, resolved: 1, missing: [], orphanFiles: 0 });
    expect(run.storeContents).toMatchObject({ contents: 1, bytes: 10 });
  });

  it('takes what the dump lacks for lost: no other pin would find it', async () => {
    const run = runWith([{ ...CONTENT, size: -1 }]);
    expect(await proveDump(run)).toBeUndefined();
    expect(run.resolution?.missing).toMatchObject([{ expectedPath: '1/2/101/1.0' }]);
  });
});
