import type { ScheduleView } from '@lifeboat/console-api';
import { facts } from './table.ts';
import { countText, millisText, orDash, timeText } from './units.ts';

export function showSchedule(view: ScheduleView): string {
  const { cluster, schedule, nextRuns, overdue, lastRun, missedRuns, lastGoodSet, problem } = view;
  const lastGood = ['last good set', timeText(lastGoodSet)] as const;
  if (schedule === null) {
    return facts([
      ['cluster', cluster],
      ['schedule', 'none: sets are taken when they are asked for'],
      lastGood,
    ]);
  }
  const { cron, timeZone = 'UTC', windows = [], jitterSeconds = 0, catchUp = true } = schedule;
  return facts([
    ['cluster', cluster],
    ['cron', `${cron} (${timeZone})`],
    ['windows', windows.length === 0 ? 'always' : windows.join(', ')],
    ['jitter', jitterSeconds === 0 ? 'none' : `up to ${millisText(jitterSeconds * 1000)}`],
    ['missed runs', catchUp ? 'are made up for by one set' : 'are given up'],
    ['missed so far', countText(missedRuns)],
    [
      'due now',
      overdue ? orDash(problem ?? 'a set begins within seconds, or when a window opens') : undefined,
    ],
    ['next runs', nextRuns.length === 0 ? 'none' : nextRuns.map(timeText).join(', ')],
    ['last run', lastRun === null ? 'none' : `${timeText(lastRun.at)}, set ${lastRun.set}`],
    lastGood,
  ]);
}
