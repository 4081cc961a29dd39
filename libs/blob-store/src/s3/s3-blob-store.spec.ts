import { randomUUID } from 'node:crypto';
import { open, rm, stat } from 'node:fs/promises';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import {
  FaultyProxy,
  seededBytes,
  startSwift,
  tempDir,
  type Fault,
  type ProxiedRequest,
  type SwiftServer,
} from '@lifeboat/testkit';
import { blobStoreConformance, collect } from '../conformance.ts';
import { S3BlobStore } from './s3-blob-store.ts';
import { parseS3Location } from './s3-location.ts';

const BUCKET = 'vault';
const MIB = 1024 * 1024;
const SLOW_DOWN: Fault = {
  kind: 'answer',
  status: 503,
  body: '<Error><Code>SlowDown</Code><Message>Please reduce your request rate.</Message></Error>',
};

let swift: SwiftServer;
let proxy: FaultyProxy;

beforeAll(async () => {
  swift = await startSwift();
  await swift.createBucket(BUCKET);
  proxy = await FaultyProxy.start(swift.endpoint);
});
beforeEach(() => {
  proxy.faultOf = () => undefined;
  proxy.requests.length = 0;
});
afterAll(async () => {
  await proxy?.stop();
  await swift?.stop();
});

blobStoreConformance('S3 (Swift)', async () => {
  const store = await openStore({ endpoint: swift.endpoint });
  return { store, dispose: async () => store.close() };
});

describe('conditional puts, which Swift lacks, lent by a stand-in before it', () => {
  beforeEach(() => {
    proxy.faultOf = conditionalPuts();
  });

  blobStoreConformance('S3 (conditional puts)', async () => {
    const store = await openStore();
    expect(store.capabilities).toEqual({ conditionalPut: true });
    return { store, dispose: async () => store.close() };
  });

  it('a put whose answer is lost is known as our own when it is refused the second time', async () => {
    const store = await openStore();
    const lost = befall(1, isPut('one'), { kind: 'lose-answer' });
    const conditional = conditionalPuts();
    proxy.faultOf = async (request) => {
      const answer = await conditional(request);
      return lost(request) === undefined ? answer : { kind: 'reset' };
    };
    await store.put('one', Buffer.from('first'));
    expect(putsOf('one')).toBe(2);
    expect((await store.get('one')).toString()).toBe('first');
    await expect(store.put('one', Buffer.from('other'))).rejects.toMatchObject({ code: 'BLOB_EXISTS' });
  });
});

describe('a store on S3', () => {
  it('finds out what Swift cannot do, and leaves nothing of the trial', async () => {
    const prefix = randomUUID();
    const store = await openStore({ prefix });
    expect(store.capabilities).toEqual({ conditionalPut: false });
    expect(await namesBelow(prefix)).toEqual([]);
  });

  it('keeps each blob as one object of that name, bytes as they are', async () => {
    const prefix = randomUUID();
    const store = await openStore({ prefix });
    await store.put('packs/aa/one', Buffer.from('bytes'));
    expect(await namesBelow(prefix)).toEqual(['packs/aa/one']);
    expect((await swift.read(BUCKET, `${prefix}/packs/aa/one`)).toString()).toBe('bytes');
  });

  it('lists more than a page, in order, without what is no blob of ours', async () => {
    const prefix = randomUUID();
    const store = await openStore({ prefix, pageKeys: 3 });
    const names = Array.from({ length: 7 }, (_, index) => `n/${index}`);
    for (const name of names) await store.put(name, Buffer.from('x'));
    await swift.write(BUCKET, `${prefix}/n/.hidden`, Buffer.from('foreign'));
    await swift.write(BUCKET, `${prefix}-beside/n`, Buffer.from('foreign'));
    proxy.requests.length = 0;
    expect((await collect(store.list(''))).map(({ name }) => name)).toEqual(names);
    expect(proxy.requests).toHaveLength(3);
  });

  it('puts a big file in parts, and reads across them', async () => {
    await using dir = await tempDir();
    const store = await openStore();
    const piece = seededBytes('big', MIB);
    const size = await writeBig(dir.join('big'), piece, 66);
    await store.put('big', { file: dir.join('big') });
    expect(proxy.requests.filter(({ path }) => path.includes('partNumber='))).toHaveLength(5);
    expect(await store.size('big')).toBe(size);
    expect(await store.read('big', 16 * MIB - 100, 200)).toEqual(
      Buffer.concat([piece.subarray(-100), piece.subarray(0, 100)]),
    );
    await expect(stat(dir.join('big'))).rejects.toMatchObject({ code: 'ENOENT' });
    await writeBig(dir.join('big'), piece, 66);
    await expect(store.put('big', { file: dir.join('big') })).rejects.toMatchObject({ code: 'BLOB_EXISTS' });
  });

  it('reads a part by asking for that part alone, and streams in pieces', async () => {
    const store = await openStore();
    const bytes = seededBytes('stream', 9 * MIB);
    await store.put('long', bytes);
    proxy.requests.length = 0;
    expect(await store.read('long', MIB, 10)).toEqual(bytes.subarray(MIB, MIB + 10));
    expect(Buffer.concat(await collect<Buffer>(store.stream('long'))).equals(bytes)).toBe(true);
    expect(proxy.requests.map(({ headers }) => headers.range)).toEqual([
      `bytes=${MIB}-${MIB + 9}`,
      `bytes=0-${8 * MIB - 1}`,
      `bytes=${8 * MIB}-${16 * MIB - 1}`,
    ]);
  });

  it('says what is wrong when the bucket or the credentials are', async () => {
    await expect(openStore({ bucket: 'nowhere' })).rejects.toMatchObject({
      code: 'VAULT_REFUSED',
      message: expect.stringContaining('NoSuchBucket') as unknown,
      guidance: expect.stringContaining('bucket') as unknown,
    });
    const credentials = { accessKeyId: 'somebody', secretAccessKey: 'a-secret-of-somebody' };
    const refused = await openStore({ credentials }).catch((thrown: Error) => thrown);
    expect(refused).toMatchObject({
      code: 'VAULT_REFUSED',
      guidance: expect.stringContaining('AWS_ACCESS_KEY_ID') as unknown,
    });
    expect((refused as Error).message).not.toContain(credentials.secretAccessKey);
    await expect(openStore({ parameters: '&region=eu-central-1' })).rejects.toMatchObject({
      code: 'VAULT_REFUSED',
      guidance: expect.stringContaining('AWS_REGION') as unknown,
    });
  });

  it('refuses to promise Object Lock where there is none: Swift takes the headers and ignores them', async () => {
    await expect(openStore({ parameters: '&object-lock-days=7' })).rejects.toMatchObject({
      code: 'VAULT_REFUSED',
      message: expect.stringContaining('object-lock-days') as unknown,
    });
  });

  it('asks for retention with every put where the bucket has Object Lock', async () => {
    proxy.faultOf = ({ path }) =>
      path.includes('object-lock') ? { kind: 'answer', status: 200, body: LOCK_ENABLED } : undefined;
    await using dir = await tempDir();
    const store = await openStore({ parameters: '&object-lock-days=7' });
    proxy.requests.length = 0;
    await store.put('small', Buffer.from('x'));
    await writeBig(dir.join('big'), seededBytes('big', MIB), 65);
    await store.put('big', { file: dir.join('big') });
    const writes = proxy.requests.filter(
      ({ method, path }) =>
        (method === 'PUT' && path.endsWith('small?x-id=PutObject')) || path.includes('uploads'),
    );
    expect(writes).toHaveLength(2);
    for (const { headers } of writes) {
      expect(headers['x-amz-object-lock-mode']).toBe('COMPLIANCE');
      const until = Date.parse(String(headers['x-amz-object-lock-retain-until-date']));
      expect((until - Date.now()) / (24 * 3600 * 1000)).toBeCloseTo(7, 1);
    }
  });
});

describe('a store on S3, when the way to it is bad,', () => {
  const troubles: { trouble: string; fault: Fault }[] = [
    { trouble: 'says 500', fault: { kind: 'answer', status: 500 } },
    { trouble: 'says slow down', fault: SLOW_DOWN },
    { trouble: 'says nothing', fault: { kind: 'silence' } },
    { trouble: 'breaks the connection', fault: { kind: 'reset' } },
    { trouble: 'does it and loses the answer', fault: { kind: 'lose-answer' } },
  ];

  it.each(troubles)('and $trouble now and then, does everything all the same', async ({ fault }) => {
    await using dir = await tempDir();
    const store = await openStore({ idleMillis: fault.kind === 'silence' ? 700 : undefined });
    await writeBig(dir.join('file'), seededBytes('file', MIB), 3);
    const everything: [string, () => Promise<unknown>][] = [
      ['PUT', () => store.put('bytes', Buffer.from('bytes'))],
      ['PUT', () => store.put('file', { file: dir.join('file') })],
      ['HEAD', () => store.size('bytes')],
      ['GET', () => store.get('bytes')],
      ['GET', () => store.read('file', MIB, 5)],
      ['GET', () => collect(store.list(''))],
      ['DELETE', () => store.delete('bytes')],
    ];
    for (const [verb, act] of everything) {
      proxy.faultOf = befall(fault.kind === 'silence' ? 1 : 2, ({ method }) => method === verb, fault);
      await act();
    }
    proxy.faultOf = () => undefined;
    expect(await collect(store.list(''))).toEqual([{ name: 'file', size: 3 * MIB }]);
    expect((await store.get('file')).equals(Buffer.concat(Array(3).fill(seededBytes('file', MIB))))).toBe(
      true,
    );
  });

  it.each(troubles.slice(0, 4))(
    'and $trouble for good, says so, and the file stays ours',
    async ({ fault }) => {
      await using dir = await tempDir();
      const prefix = randomUUID();
      const store = await openStore({ prefix, idleMillis: fault.kind === 'silence' ? 300 : undefined });
      await writeBig(dir.join('file'), seededBytes('file', MIB), 1);
      proxy.faultOf = () => fault;
      await expect(store.put('file', { file: dir.join('file') })).rejects.toMatchObject({
        code: 'VAULT_UNREACHABLE',
        guidance: expect.stringContaining('not sent again') as unknown,
      });
      expect((await stat(dir.join('file'))).size).toBe(MIB);
      expect(await namesBelow(prefix)).toEqual([]);
      proxy.faultOf = () => undefined;
      await store.put('file', { file: dir.join('file') });
      expect(await store.size('file')).toBe(MIB);
    },
  );

  it('knows a put that succeeded although none of its answers ever came', async () => {
    const store = await openStore();
    proxy.faultOf = ({ method }) => (method === 'PUT' ? { kind: 'lose-answer' } : undefined);
    await store.put('one', Buffer.from('first'));
    proxy.faultOf = () => undefined;
    expect((await store.get('one')).toString()).toBe('first');
    await expect(store.put('one', Buffer.from('second'))).rejects.toMatchObject({ code: 'BLOB_EXISTS' });
  });

  it('knows a put in parts that succeeded although its answer never came', async () => {
    await using dir = await tempDir();
    const store = await openStore();
    await writeBig(dir.join('big'), seededBytes('big', MIB), 65);
    proxy.faultOf = ({ method, path }) =>
      method === 'POST' && path.includes('uploadId') ? { kind: 'lose-answer' } : undefined;
    await store.put('big', { file: dir.join('big') });
    proxy.faultOf = () => undefined;
    expect(await store.size('big')).toBe(65 * MIB);
  });

  it('reads again what broke off in the middle, and gives no half of it', async () => {
    const store = await openStore();
    const bytes = seededBytes('cut', MIB);
    await store.put('long', bytes);
    proxy.faultOf = befall(2, ({ method }) => method === 'GET', { kind: 'cut-answer', after: 1000 });
    expect((await store.get('long')).equals(bytes)).toBe(true);
    proxy.faultOf = ({ method }) => (method === 'GET' ? { kind: 'cut-answer', after: 100 } : undefined);
    await expect(store.read('long', 0, MIB)).rejects.toMatchObject({ code: 'VAULT_UNREACHABLE' });
    await expect(collect(store.stream('long'))).rejects.toMatchObject({ code: 'VAULT_UNREACHABLE' });
    await expect(collect(store.list(''))).rejects.toMatchObject({ code: 'VAULT_UNREACHABLE' });
  });

  it('never takes trouble for absence', async () => {
    const store = await openStore();
    await store.put('one', Buffer.from('x'));
    proxy.faultOf = () => SLOW_DOWN;
    await expect(store.size('one')).rejects.toMatchObject({ code: 'VAULT_UNREACHABLE' });
    await expect(store.get('one')).rejects.toMatchObject({ code: 'VAULT_UNREACHABLE' });
  });

  it('says that it is full where the store says so', async () => {
    const store = await openStore();
    proxy.faultOf = ({ method }) => (method === 'PUT' ? { kind: 'answer', status: 507 } : undefined);
    await expect(store.put('one', Buffer.from('x'))).rejects.toMatchObject({ code: 'VAULT_FULL' });
  });
});

const LOCK_ENABLED =
  '<ObjectLockConfiguration><ObjectLockEnabled>Enabled</ObjectLockEnabled></ObjectLockConfiguration>';

interface StoreWishes {
  readonly endpoint?: string;
  readonly bucket?: string;
  readonly prefix?: string;
  readonly parameters?: string;
  readonly credentials?: { readonly accessKeyId: string; readonly secretAccessKey: string };
  readonly idleMillis?: number | undefined;
  readonly pageKeys?: number;
}

async function openStore(wishes: StoreWishes = {}): Promise<S3BlobStore> {
  const { endpoint = proxy.endpoint, bucket = BUCKET, prefix = randomUUID(), parameters = '' } = wishes;
  const region = parameters.includes('region') ? '' : `&region=${swift.region}`;
  return S3BlobStore.open({
    location: parseS3Location(`s3://${bucket}/${prefix}?endpoint=${endpoint}${region}${parameters}`),
    credentials: wishes.credentials ?? swift,
    retry: { attempts: 4, baseMillis: 5, maxMillis: 20 },
    ...(wishes.idleMillis !== undefined && { idleMillis: wishes.idleMillis }),
    ...(wishes.pageKeys !== undefined && { pageKeys: wishes.pageKeys }),
  });
}

/** The fault befalls the first `times` requests that match. */
function befall(times: number, matches: (request: ProxiedRequest) => boolean, fault: Fault) {
  let left = times;
  return (request: ProxiedRequest): Fault | undefined => {
    if (left === 0 || !matches(request)) return undefined;
    left -= 1;
    return fault;
  };
}

/** PutObject as a store answers it that honours `If-None-Match: *`; the objects are Swift's. */
function conditionalPuts() {
  let turn: Promise<unknown> = Promise.resolve();
  const put = async (request: ProxiedRequest): Promise<Fault> => {
    const key = new URL(request.path, swift.endpoint).pathname.slice(`/${BUCKET}/`.length);
    const bytes = await request.body();
    if ((await swift.names(BUCKET)).includes(key)) {
      return { kind: 'answer', status: 412, body: '<Error><Code>PreconditionFailed</Code></Error>' };
    }
    const mark = String(request.headers['x-amz-meta-lifeboat-put'] ?? '');
    await swift.write(BUCKET, key, bytes, { 'X-Object-Meta-Lifeboat-Put': mark });
    return { kind: 'answer', status: 200, headers: { ETag: '"written"' } };
  };
  return async (request: ProxiedRequest): Promise<Fault | undefined> => {
    if (request.headers['if-none-match'] !== '*') return undefined;
    const mine = turn.then(async () => put(request));
    turn = mine;
    return mine;
  };
}

function isPut(name: string) {
  return ({ method, path }: ProxiedRequest): boolean =>
    method === 'PUT' && new URL(path, swift.endpoint).pathname.endsWith(`/${name}`);
}

function putsOf(name: string): number {
  return proxy.requests.filter(isPut(name)).length;
}

async function namesBelow(prefix: string): Promise<string[]> {
  const names = await swift.names(BUCKET);
  return names.filter((name) => name.startsWith(`${prefix}/`)).map((name) => name.slice(prefix.length + 1));
}

/** A file of so many times the piece; its size. */
async function writeBig(file: string, piece: Buffer, times: number): Promise<number> {
  await rm(file, { force: true });
  await using handle = await open(file, 'w');
  for (let written = 0; written < times; written += 1) await handle.write(piece);
  return piece.length * times;
}
