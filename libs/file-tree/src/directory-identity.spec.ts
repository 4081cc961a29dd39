import { execFileSync } from 'node:child_process';
import { mkdirSync, symlinkSync } from 'node:fs';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { tempDir, type TempDir } from '@lifeboat/testkit';
import { directoryIdentity, exportOf } from './directory-identity.ts';

let dir: TempDir;

beforeEach(async () => {
  dir = await tempDir('identity');
});

afterEach(async () => {
  await dir.remove();
});

const LINES = [
  '20 1 8:1 / / rw - ext4 /dev/sda1 rw',
  '21 20 0:50 / /mnt/share rw shared:1 - nfs4 files.example:/export rw',
  '22 20 0:51 /docs /srv/my\\040docs rw - nfs files.example:/export rw',
].join('\n');

describe('the identity of a directory', () => {
  it('is the same through a link and through a bind mount, and another for another directory', () => {
    for (const name of ['store', 'other', 'bound']) mkdirSync(dir.join(name));
    symlinkSync(dir.join('store'), dir.join('link'));
    const identity = directoryIdentity(dir.join('store'));
    expect(identity).toBeDefined();
    expect(directoryIdentity(dir.join('link'))).toBe(identity);
    expect(directoryIdentity(dir.join('other'))).not.toBe(identity);
    expect(directoryIdentity(dir.join('gone'))).toBeUndefined();
    expect(identityWhenBound(dir.join('store'), dir.join('bound'))).toBe(identity);
  });

  it('of a place on a network file system is that of its export, wherever it is mounted', () => {
    expect(exportOf('/mnt/share/docs/library', LINES)).toBe('nfs:files.example:/export/docs/library');
    expect(exportOf('/srv/my docs/library', LINES)).toBe('nfs:files.example:/export/docs/library');
    expect(exportOf('/mnt/share', LINES)).toBe('nfs:files.example:/export');
    expect(exportOf('/mnt/shared', LINES)).toBeUndefined();
  });
});

/** In a mount namespace of its own, as another node or container has one. */
function identityWhenBound(store: string, point: string): string {
  const module = new URL('./directory-identity.ts', import.meta.url).pathname;
  const script = `import { directoryIdentity } from '${module}'; process.stdout.write(String(directoryIdentity('${point}')));`;
  const command =
    'mount --bind "$1" "$2" && exec "$3" --disable-warning=ExperimentalWarning --input-type=module -e "$4"';
  const wrapped = ['--mount', 'sh', '-c', command, 'sh', store, point, process.execPath, script];
  const asRoot = process.getuid?.() === 0 ? [] : ['--user', '--map-root-user'];
  return execFileSync('unshare', [...asRoot, ...wrapped], { encoding: 'utf8' });
}
