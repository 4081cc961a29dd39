import { invariant } from '@lifeboat/kernel';
import type { DecisionRecord, RestoreEvent, SignedDecision } from '@lifeboat/model';
import { canonicalJson } from '@lifeboat/vault-format';

import { expectOutcome } from '../agent-gateway.ts';
import { participants, tellAll, type RestoreRun } from './restore-run.ts';
import { toWireTrees } from './wire-trees.ts';

/**
 * Every portal stopped and proved stopped, none able to start, the database closed to everyone else. Only then is it
 * settled what changes places: a portal of another node may have written to a shared tree until then.
 */
export async function quiesce(run: RestoreRun): Promise<RestoreEvent> {
  await tellAll(run, (node) => ({ $case: 'quiesce', value: { trees: toWireTrees(run, node) } }));
  await run.database?.fence();
  const settled = await tellAll(run, () => ({ $case: 'settleTrees', value: {} }));
  for (const [index, node] of participants(run).entries()) {
    const { entriesExchanged, entriesLate } = expectOutcome(settled[index]!, 'settleTrees').value;
    await run.services.catalog.restores.step(run.restore.id, 'settled', {
      node,
      entriesExchanged,
      entriesLate,
    });
  }
  return 'all-quiesced';
}

/**
 * R2: the one word that sends everybody the same way becomes durable, in catalog and vault, before any rename. A
 * server that died in between finds its own word in the catalog and repeats it: it never says another.
 */
export async function decide(run: RestoreRun): Promise<RestoreEvent> {
  const said = (await run.services.catalog.restores.get(run.restore.id))?.decision ?? null;
  if (said === null) await writeDecision(run, 'switch');
  else await publish(run, said);
  return 'decision-durable';
}

export async function writeDecision(
  run: RestoreRun,
  decision: DecisionRecord['decision'],
): Promise<SignedDecision> {
  const { catalog, keyRing, clock } = run.services;
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
  const state = decision === 'switch' ? 'quiesced' : 'rolling-back';
  const kept = await catalog.restores.update(run.restore.id, state, state, { decision: signed });
  invariant(kept, `a decision to ${decision} is made in ${state}`);
  await publish(run, signed);
  return signed;
}

/** Only what the catalog holds goes where others may read and obey it. */
async function publish(run: RestoreRun, signed: SignedDecision): Promise<void> {
  await run.services.vault.putControl(`decisions/${run.restore.id}`, signed);
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
