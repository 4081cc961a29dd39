import { createCipheriv } from 'node:crypto';
import { seededBytes, type SeededRandom } from '@lifeboat/testkit';
import {
  decodePackFooter,
  decodePackHeader,
  encodePackFooter,
  encodePackHeader,
  openPackTable,
  sealPackTable,
  type PackTableRow,
} from '@lifeboat/vault-format';
import { mendCrc } from './crc.ts';
import { BREACHES, type Decoder } from './decoder.ts';
import { CONTEXT, KEYS } from './keys.ts';

const HEADER_CRC_AT = 48;
const FOOTER_CRC_AT = 32;
const TABLE_HEADER_LENGTH = 32;
const TAG_LENGTH = 16;

export const PACK_DECODERS: readonly Decoder[] = [
  {
    name: 'pack header',
    valid: () => encodePackHeader(CONTEXT),
    mend: (bytes) => mendCrc(bytes, HEADER_CRC_AT),
    decode: (bytes) => void decodePackHeader(bytes),
    refusals: BREACHES,
  },
  {
    name: 'pack footer',
    valid: (random) =>
      encodePackFooter({
        tableOffset: random.integer(2 ** 32),
        tableLength: random.integer(2 ** 20),
        frames: random.integer(1000),
      }),
    mend: (bytes) => mendCrc(bytes, FOOTER_CRC_AT),
    decode: (bytes) => void decodePackFooter(bytes),
    refusals: BREACHES,
  },
  {
    name: 'pack table',
    valid: (random) =>
      sealPackTable(
        Array.from({ length: random.integer(20) }, () => validRow(random)),
        KEYS.tableKey,
        seededBytes(random.next(), 12),
        CONTEXT,
      ),
    mend: reseal,
    decode: (bytes) => void openPackTable(bytes, KEYS.tableKey, CONTEXT),
    refusals: BREACHES,
  },
];

function validRow(random: SeededRandom): PackTableRow {
  const kind = random.pick(['chunk', 'key'] as const);
  return {
    kind,
    type: kind === 'key' ? 'data' : random.pick(['data', 'segment', 'root'] as const),
    id: seededBytes(random.next(), kind === 'key' ? 16 : 33),
    offset: random.integer(2 ** 32),
    length: random.integer(2 ** 32),
    rawLength: random.integer(2 ** 32),
  };
}

/** Rows changed before they were sealed: only the key's owner can, so this is about what a bug may write. */
function reseal(bytes: Buffer): Buffer {
  if (bytes.length < TABLE_HEADER_LENGTH + TAG_LENGTH) return bytes;
  const body = bytes.subarray(TABLE_HEADER_LENGTH, -TAG_LENGTH);
  bytes.writeUInt32BE(body.length + TAG_LENGTH, TABLE_HEADER_LENGTH - 4);
  const header = bytes.subarray(0, TABLE_HEADER_LENGTH);
  const nonce = header.subarray(16, 28);
  const plain = createCipheriv('aes-256-gcm', KEYS.tableKey, nonce).update(body);
  const cipher = createCipheriv('aes-256-gcm', KEYS.tableKey, nonce, { authTagLength: TAG_LENGTH });
  cipher.setAAD(Buffer.concat([header, CONTEXT.vault, CONTEXT.cluster]));
  return Buffer.concat([header, cipher.update(plain), cipher.final(), cipher.getAuthTag()]);
}
