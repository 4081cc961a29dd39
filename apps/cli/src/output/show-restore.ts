import type { Restore } from '@lifeboat/console-api';
import { failureFacts } from './failure-facts.ts';
import { facts } from './table.ts';
import { millisText, timeText } from './units.ts';

export function showRestore(restore: Restore): string {
  return facts([
    ['restore', restore.restore],
    ['cluster', restore.cluster],
    ['set', restore.set],
    ['plan', restore.plan],
    ['state', restore.state],
    ['requested', `${timeText(restore.requestedAt)} by ${restore.requestedBy}`],
    ['ended', timeText(restore.endedAt)],
    ['took', millisText(restore.millis)],
    ['staging', millisText(restore.stageMillis)],
    ['switching', millisText(restore.switchMillis)],
    ['finalized', timeText(restore.finalizedAt)],
    ...failureFacts(restore.failure),
  ]);
}
