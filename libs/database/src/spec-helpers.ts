import { mkdir, readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { PassThrough, type Readable } from 'node:stream';
import type { DocumentRow } from '@lifeboat/dxp';
import type { DatabaseEngine, Dump, DumpReport } from './database-engine.ts';
import { findClients } from './find-client.ts';

/** Helpers of this library's tests. */
export async function takeDump(dump: Dump): Promise<{ report: DumpReport; bytes: Buffer }> {
  dump.goOn();
  const [bytes, report] = await Promise.all([collectBytes(dump.stream), dump.done]);
  return { report, bytes };
}

/** A pin, its dump, and the pin let go. */
export async function dumpOf(engine: DatabaseEngine): Promise<{ report: DumpReport; bytes: Buffer }> {
  const pin = await engine.pin();
  try {
    return await takeDump(pin.dump());
  } finally {
    await pin.release();
  }
}

export async function collectBytes(stream: Readable): Promise<Buffer> {
  const sink = new PassThrough();
  stream.once('error', (error) => sink.destroy(error));
  stream.pipe(sink);
  const chunks: Buffer[] = [];
  for await (const chunk of sink) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks);
}

export async function collect<Row>(rows: AsyncIterable<Row>): Promise<Row[]> {
  const all: Row[] = [];
  for await (const row of rows) all.push(row);
  return all;
}

/** One line for each row, in an order that does not depend on where it was read. */
export function sorted(rows: readonly DocumentRow[]): string[] {
  return rows.map((row) => JSON.stringify(Object.entries(row).sort())).sort();
}

/** Ragged pieces, so that no reader may count on boundaries. */
export function* pieces(bytes: Buffer): Generator<Buffer> {
  for (let at = 0; at < bytes.length; at += 4_099) yield bytes.subarray(at, at + 4_099);
}

/** A directory for `path` with a client that stops after `bytes` of its dump and still says that it succeeded. */
export async function clientThatStops(dir: string, name: string, bytes: number): Promise<string> {
  const bin = join(dir, 'stopping');
  await mkdir(bin, { recursive: true });
  const [real] = await findClients([name], process.env['PATH'] ?? '');
  if (real === undefined) throw new Error(`${name} is not installed`);
  const script = `#!/bin/sh\n[ "$1" = --version ] && exec ${real.program} --version\n${real.program} "$@" | head -c ${bytes}\n`;
  await writeFile(join(bin, name), script, { mode: 0o755 });
  return bin;
}

/** Our own child of that name, as soon as it runs with an argument that contains `argument`. */
export async function childNamed(
  name: string,
  argument: string,
): Promise<{ pid: number; cmdline: string; environ: string }> {
  for (;;) {
    for (const pid of (await readdir('/proc')).filter((entry) => /^\d+$/.test(entry))) {
      const child = await readChild(pid);
      if (child?.cmdline.split('\0')[0]?.endsWith(name) === true && child.cmdline.includes(argument))
        return child;
    }
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
}

async function readChild(
  pid: string,
): Promise<{ pid: number; cmdline: string; environ: string } | undefined> {
  try {
    const read = (file: string): Promise<string> => readFile(`/proc/${pid}/${file}`, 'utf8');
    if (!(await read('status')).includes(`\nPPid:\t${process.pid}\n`)) return undefined;
    return { pid: Number(pid), cmdline: await read('cmdline'), environ: await read('environ') };
  } catch {
    return undefined; // it ended while we looked
  }
}
