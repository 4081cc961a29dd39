import { describe, expect, it } from '@jest/globals';
import { directory, hardlink, makeTree, runProcess, symlink, tempDir } from '@lifeboat/testkit';

import { survey } from './survey.ts';

describe('survey', () => {
  it('counts what a backup keeps, by name and by file', async () => {
    await using dir = await tempDir();
    await makeTree(dir.join('tree'), {
      a: 'four',
      b: hardlink('a'),
      link: symlink('a'),
      sub: directory({ c: 'xy', empty: directory() }),
    });
    await runProcess('mkfifo', [dir.join('tree', 'pipe')]);
    expect(survey(dir.join('tree'))).toEqual({ entries: 7, files: 3, bytes: 10, distinctFiles: 2 });
  });
});
