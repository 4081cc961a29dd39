import { getHeapStatistics } from 'node:v8';
import { isLifeboatError, messageOf, type ErrorCode } from '@lifeboat/kernel';
import { seededRandom } from '@lifeboat/testkit';
import { DECODERS } from './all-decoders.ts';
import { DecoderFault, type Decoder } from './decoder.ts';
import { mutate } from './mutate.ts';

/**
 * What decoding may take: a multiple of the bytes that were given, and what any decoding takes. Garbage counts, since nobody
 * knows what the next collection would find: a text parser makes some hundred bytes of it for each character.
 */
const MULTIPLE = 256;
const ALLOWANCE = 8 * 1024 * 1024;
/** One input in so many is left as it is: that must be taken. */
const UNCHANGED = 16;

/**
 * Decodes one input; throws DecoderFault. The code of the refusal, undefined when it was taken.
 *
 * @param onDecoder told which of DECODERS it is, before anything may go wrong
 */
export async function runCase(
  seed: string,
  number: number,
  onDecoder: (index: number) => void,
): Promise<ErrorCode | undefined> {
  const random = seededRandom(`${seed}/decoders/${number}`);
  const index = random.integer(DECODERS.length);
  const decoder = DECODERS[index]!;
  onDecoder(index);
  const valid = decoder.valid(random);
  const isChanged = random.integer(UNCHANGED) > 0;
  let bytes = isChanged ? mutate(valid, decoder.valid(random), random) : valid;
  if (isChanged && decoder.mend !== undefined && random.integer(4) > 0) bytes = decoder.mend(bytes);

  const before = bytesInUse();
  const refusal = await refusalOf(decoder, () => decoder.decode(bytes, random));
  // A collection in between hides what was taken; one that is bound to come does so at another case.
  const taken = bytesInUse() - before;
  if (taken > ALLOWANCE + (decoder.allowance ?? 0) + MULTIPLE * bytes.length)
    throw new DecoderFault(`${decoder.name} took ${taken} bytes for ${bytes.length}: ${preview(bytes)}`);
  if (!isChanged && refusal !== undefined)
    throw new DecoderFault(`${decoder.name} refuses valid bytes: ${refusal}: ${preview(bytes)}`);
  return refusal;
}

async function refusalOf(
  decoder: Decoder,
  decode: () => void | Promise<void>,
): Promise<ErrorCode | undefined> {
  try {
    await decode();
    return undefined;
  } catch (thrown) {
    if (isLifeboatError(thrown) && decoder.refusals.includes(thrown.code)) return thrown.code;
    throw new DecoderFault(`${decoder.name}: ${messageOf(thrown)}`, { cause: thrown });
  }
}

function bytesInUse(): number {
  const { used_heap_size: heap, external_memory: external } = getHeapStatistics();
  return heap + external;
}

function preview(bytes: Buffer): string {
  return `${bytes.toString('base64', 0, 200)}${bytes.length > 200 ? '…' : ''}`;
}
