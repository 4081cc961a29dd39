import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';

import { Command, CommandResult, UploadRequest } from './index.ts';

const uint64 = fc.bigInt({ min: 0n, max: 2n ** 64n - 1n });
const bytes = fc.uint8Array({ maxLength: 200 }).map((array) => Buffer.from(array));

describe('messages on the wire', () => {
  it('carry every 64-bit number and every byte', () => {
    fc.assert(
      fc.property(uint64, bytes, (sequence, frames) => {
        const sent: UploadRequest = { message: { $case: 'frames', value: { sequence, frames } } };
        expect(UploadRequest.decode(UploadRequest.encode(sent).finish())).toEqual(sent);
      }),
    );
  });

  it('keep apart work that carries nothing: the case itself is what is said', () => {
    for (const $case of ['switchTrees', 'startPortal', 'finalizeRestore', 'abortRestore'] as const) {
      const sent = Command.create({ commandId: 'c', epoch: 7n, work: { $case, value: {} } });
      expect(Command.decode(Command.encode(sent).finish()).work).toEqual({ $case, value: {} });
    }
  });

  it('pass over what a newer peer says in fields that this release does not know', () => {
    const known = CommandResult.encode(CommandResult.create({ commandId: 'c' })).finish();
    // Field 99, length-delimited, two bytes.
    const newer = Buffer.concat([known, Buffer.from([0x9a, 0x06, 0x02, 0x68, 0x69])]);
    expect(CommandResult.decode(newer).commandId).toBe('c');
  });
});
