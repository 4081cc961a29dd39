interface SwiftFacts {
  readonly endpoint: string;
  readonly region: string;
  readonly user: string;
  readonly password: string;
  readonly stop: () => Promise<void>;
}

/**
 * A running Swift. What a test looks up here goes through Swift's own interface, not through S3: a witness that
 * shares no code with what is tested.
 */
export class SwiftServer {
  /** Where it speaks S3, path style. */
  readonly endpoint: string;
  readonly region: string;
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
  /** Ends all its processes and removes its data. */
  readonly stop: () => Promise<void>;
  #login: Promise<{ url: string; token: string }> | undefined;

  constructor({ endpoint, region, user, password, stop }: SwiftFacts) {
    this.endpoint = endpoint;
    this.region = region;
    this.accessKeyId = user;
    this.secretAccessKey = password;
    this.stop = stop;
  }

  /** For a process that finds its credentials as the AWS tools do. */
  get environment(): Record<string, string> {
    return { AWS_ACCESS_KEY_ID: this.accessKeyId, AWS_SECRET_ACCESS_KEY: this.secretAccessKey };
  }

  async createBucket(bucket: string): Promise<void> {
    await this.#ask('PUT', bucket);
  }

  /** Names of all objects in the bucket, in order. */
  async names(bucket: string): Promise<string[]> {
    const text = (await this.#ask('GET', bucket)).toString('utf8');
    return text.split('\n').filter((name) => name !== '');
  }

  async read(bucket: string, name: string): Promise<Buffer> {
    return this.#ask('GET', `${bucket}/${name}`);
  }

  async write(
    bucket: string,
    name: string,
    bytes: Buffer,
    headers: Record<string, string> = {},
  ): Promise<void> {
    await this.#ask('PUT', `${bucket}/${name}`, bytes, headers);
  }

  async #ask(
    method: string,
    path: string,
    body?: Buffer,
    more: Record<string, string> = {},
  ): Promise<Buffer> {
    const { url, token } = await (this.#login ??= this.#logIn());
    const headers = { ...more, 'X-Auth-Token': token };
    const request = { method, headers, ...(body && { body: new Uint8Array(body) }) };
    const answer = await fetch(`${url}/${path}`, request);
    if (!answer.ok) throw new Error(`Swift answers ${method} ${path} with ${answer.status}`);
    return Buffer.from(await answer.arrayBuffer());
  }

  async #logIn(): Promise<{ url: string; token: string }> {
    const headers = { 'X-Auth-User': this.accessKeyId, 'X-Auth-Key': this.secretAccessKey };
    const answer = await fetch(`${this.endpoint}/auth/v1.0`, { headers });
    return {
      url: answer.headers.get('x-storage-url') ?? '',
      token: answer.headers.get('x-auth-token') ?? '',
    };
  }
}
