import type { BackupSet } from '@lifeboat/console-api';
import { failureFacts } from './failure-facts.ts';
import { facts } from './table.ts';
import { bytesText, millisText, orDash, timeText } from './units.ts';

export function showSet(set: BackupSet): string {
  return facts([
    ['set', set.set],
    ['cluster', set.cluster],
    ['state', set.state],
    ['guarantee', orDash(set.guarantee)],
    ['point', set.point ? `${timeText(set.point.from)} to ${timeText(set.point.to)}` : '-'],
    ['requested', `${timeText(set.requestedAt)} by ${set.requestedBy}`],
    ['sealed', timeText(set.sealedAt)],
    ['proved', timeText(set.provedAt)],
    ['took', millisText(set.millis)],
    ['bytes', set.bytes ? bytesOf(set.bytes) : '-'],
    ['pinned', set.pin === null ? undefined : pinText(set.pin)],
    [
      'let go',
      set.droppedAt === null ? undefined : `${timeText(set.droppedAt)}: it is deleted after a while`,
    ],
    ...failureFacts(set.failure),
  ]);
}

function pinText({ reason, by, until }: NonNullable<BackupSet['pin']>): string {
  return `by ${by}${until === null ? '' : ` until ${timeText(until)}`}: ${reason}`;
}

function bytesOf({ read, changed, wire, stored }: NonNullable<BackupSet['bytes']>): string {
  return `${bytesText(read)} read, ${bytesText(changed)} changed, ${bytesText(wire)} sent, ${bytesText(stored)} stored`;
}
