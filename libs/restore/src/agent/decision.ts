import { createPublicKey, verify, type KeyObject } from 'node:crypto';
import { LifeboatError } from '@lifeboat/kernel';
import type { DecisionRecord } from '@lifeboat/model';
import { isSettled, type RestoreProgress } from './restore-progress.ts';

/** Checks the signature over exactly these bytes, then that they are a decision about this restore. */
export function readDecision(
  recordJson: string,
  signature: Uint8Array,
  publicKey: Uint8Array,
  restore: string,
): DecisionRecord {
  if (!verify(null, Buffer.from(recordJson), ed25519(publicKey), signature)) {
    throw new LifeboatError('SIGNATURE_INVALID', 'the decision is not signed by this restore’s server', {
      guidance: 'Nothing was done. Get the decision record from the vault (control/) or from another node.',
    });
  }
  const record = JSON.parse(recordJson) as Partial<DecisionRecord> | null;
  const isKnown = record?.decision === 'switch' || record?.decision === 'roll-back';
  if (!isKnown || !Number.isSafeInteger(record.epoch) || typeof record.restore !== 'string') {
    throw new LifeboatError('PROTOCOL_BREACH', 'the decision record is not one this version understands');
  }
  if (record.restore !== restore) {
    throw new LifeboatError('CONFLICT', `the decision is about restore ${record.restore}, not ${restore}`);
  }
  return record as DecisionRecord;
}

/**
 * Whether the decision is new here. Decisions only ever move one way: none → switch → roll-back. So a late `switch`
 * can never undo a roll-back, whatever order messages come in. Throws CONFLICT or IN_DOUBT.
 */
export function isNewDecision(progress: RestoreProgress, record: DecisionRecord): boolean {
  const kept = progress.decision;
  if (progress.end === 'aborted' || progress.unfinished === 'aborting') {
    throw refused('this node has aborted the restore');
  }
  if (kept?.decision === record.decision) return false;
  if (kept?.decision === 'roll-back') throw refused('roll-back was decided before');
  if (kept !== undefined && record.epoch < kept.epoch)
    throw refused(`epoch ${kept.epoch} decided ${kept.decision}`);
  if (progress.end === 'finalized' || progress.unfinished === 'finalizing') {
    throw refused('the old data are gone: the restore was finalized');
  }
  if (record.decision === 'switch' && !isSettled(progress)) {
    const why =
      progress.quiesced === undefined
        ? 'has not been proven stopped'
        : 'has not settled what will change places';
    throw new LifeboatError('IN_DOUBT', `this node ${why}, so it cannot switch`, {
      guidance: 'The server must quiesce every participant, and have it settle, before it decides.',
    });
  }
  return true;
}

function refused(why: string): LifeboatError {
  return new LifeboatError('CONFLICT', `the decision contradicts what this node has recorded: ${why}`, {
    guidance: 'Compare the decision records of the nodes; the portal stays down until they agree.',
  });
}

function ed25519(raw: Uint8Array): KeyObject {
  return createPublicKey({
    key: { kty: 'OKP', crv: 'Ed25519', x: Buffer.from(raw).toString('base64url') },
    format: 'jwk',
  });
}
