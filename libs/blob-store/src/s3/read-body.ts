import type { GetObjectCommandOutput } from '@aws-sdk/client-s3';
import { LifeboatError } from '@lifeboat/kernel';
import { CutShort } from './s3-failure.ts';

/** The whole body, as long as it was announced; no more than `most` bytes of it when a part was asked for. */
export async function readBody(
  { Body, ContentLength }: GetObjectCommandOutput,
  most?: number,
): Promise<Buffer> {
  if (Body === undefined || ContentLength === undefined) throw new CutShort('the answer has no body');
  if (most !== undefined && ContentLength > most) {
    throw new LifeboatError(
      'VAULT_REFUSED',
      `the store sends ${ContentLength} bytes where ${most} were asked for`,
    );
  }
  const pieces: Buffer[] = [];
  for await (const piece of Body as AsyncIterable<Buffer>) pieces.push(piece);
  const bytes = Buffer.concat(pieces);
  // Node reports an answer that breaks off; half of one must not pass in any case.
  if (bytes.length !== ContentLength) throw new CutShort(`${bytes.length} of ${ContentLength} bytes came`);
  return bytes;
}
