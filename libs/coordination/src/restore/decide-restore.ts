import { invariant } from '@lifeboat/kernel';
import type { DecisionRecord, RestoreEvent, SignedDecision } from '@lifeboat/model';
import { canonicalJson } from '@lifeboat/vault-format';

import { participants, tellAll, type RestoreRun } from './restore-run.ts';
import { toWireTrees } from './wire-trees.ts';

/** Every portal stopped and proved stopped, none able to start, the database closed to everyone else. */
export async function quiesce(run: RestoreRun): Promise<RestoreEvent> {
  await tellAll(run, (node) => ({ $case: 'quiesce', value: { trees: toWireTrees(run, node) } }));
  await run.database?.fence();
  return 'all-quiesced';
}

/** R2: the one word that sends everybody the same way becomes durable, in catalog and vault, before any rename. */
export async function decide(run: RestoreRun): Promise<RestoreEvent> {
  await writeDecision(run, 'switch');
  return 'decision-durable';
}

export async function writeDecision(
  run: RestoreRun,
  decision: DecisionRecord['decision'],
): Promise<SignedDecision> {
  const { catalog, vault, keyRing, clock } = run.services;
  const record: DecisionRecord = {
    restore: run.restore.id,
    cluster: run.cluster.id,
    decision,
    epoch: run.epoch,
    participants: participants(run),
    decidedAt: clock.now().toISOString(),
  };
  const signature = Buffer.from(keyRing.signer.sign(Buffer.from(canonicalJson(record)))).toString('base64');
  const signed: SignedDecision = { record, signature };
  await vault.putControl(`decisions/${run.restore.id}`, signed);
  const state = decision === 'switch' ? 'quiesced' : 'rolling-back';
  const kept = await catalog.restores.update(run.restore.id, state, state, { decision: signed });
  invariant(kept, `a decision to ${decision} is made in ${state}`);
  return signed;
}

export async function tellDecision(run: RestoreRun): Promise<RestoreEvent> {
  const row = await run.services.catalog.restores.get(run.restore.id);
  invariant(row !== undefined && row.decision !== null, 'a decided restore has its decision');
  await passOn(run, row.decision);
  return 'decision-told';
}

export async function passOn(run: RestoreRun, decision: SignedDecision): Promise<void> {
  const recordJson = canonicalJson(decision.record);
  const signature = Buffer.from(decision.signature, 'base64');
  await tellAll(run, () => ({ $case: 'recordDecision', value: { recordJson, signature } }));
}
