import { existsSync, globSync } from 'node:fs';
import { spawn } from 'node:child_process';
import path from 'node:path';
import { runProcess } from '@lifeboat/testkit';

/** Debian's Lucene of each generation. */
const JARS = {
  3: '/usr/share/java/lucene3-core.jar',
  // The package of 8.8.1 names its files 8.7.0.
  8: '/usr/share/java/lucene-core-8.*.jar',
} as const;

export type LuceneMajor = keyof typeof JARS;

const SOURCES = path.join(import.meta.dirname, 'java');

/** What a copy of an index is, as Lucene itself sees it. */
export interface CheckedCopy {
  /** CheckIndex found nothing. */
  readonly clean: boolean;
  readonly commit: number;
  readonly live: number;
  /** Its documents are those which its commit says it holds. */
  readonly exact: boolean;
}

/** Compiles the writer for a real Lucene once; its classes go to `directory`. */
export class ChurnProgram {
  readonly #classPath: string;

  private constructor(classPath: string) {
    this.#classPath = classPath;
  }

  static async compile(major: LuceneMajor, directory: string): Promise<ChurnProgram> {
    const [jar] = globSync(JARS[major]);
    if (jar === undefined || !existsSync(jar)) throw new Error(`no ${JARS[major]}: run npm run setup`);
    const sources = ['Churn.java', `lucene${major}/Engine.java`].map((name) => path.join(SOURCES, name));
    const compiled = await runProcess('javac', ['-nowarn', '-cp', jar, '-d', directory, ...sources]);
    if (compiled.code !== 0) throw new Error(compiled.stderr);
    return new ChurnProgram(`${jar}:${directory}`);
  }

  /** A writer that is at work when this resolves. */
  async write(index: string, seed: number): Promise<ChurnWriter> {
    const child = spawn('java', this.#arguments('write', index, String(seed)), {
      stdio: ['pipe', 'pipe', 'inherit'],
    });
    const ended = new Promise<void>((resolve, reject) => {
      child.once('exit', (code) =>
        code === 0 ? resolve() : reject(new Error(`the writer ended with ${code}`)),
      );
    });
    ended.catch(() => undefined);
    await Promise.race([new Promise((resolve) => child.stdout.once('data', resolve)), ended]);
    return { end: () => (child.stdin.end(), ended) };
  }

  async check(copies: readonly string[]): Promise<CheckedCopy[]> {
    const { code, stdout, stderr } = await runProcess('java', this.#arguments('check', ...copies));
    if (code !== 0) throw new Error(stderr);
    return stdout
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line) as CheckedCopy);
  }

  #arguments(...rest: string[]): string[] {
    return ['-Xmx128m', '-XX:TieredStopAtLevel=1', '-cp', this.#classPath, 'Churn', ...rest];
  }
}

export interface ChurnWriter {
  end(): Promise<void>;
}
