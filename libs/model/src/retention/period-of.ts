import type { RetentionRule } from './retention-policy.ts';

export type PeriodRule = Exclude<RetentionRule, 'keepLast'>;

/** The hour, day, ISO week, month or year in which an instant lies, as text that sorts by time within one rule. */
export function periodOf(rule: PeriodRule, at: Date, timeZone: string): string {
  const zoned = Temporal.Instant.fromEpochMilliseconds(at.getTime()).toZonedDateTimeISO(timeZone);
  const date = zoned.toPlainDate().toString();
  switch (rule) {
    case 'hourly':
      // With its offset: the hour that comes twice in autumn is two hours.
      return `${date} ${String(zoned.hour).padStart(2, '0')}h${zoned.offset}`;
    case 'daily':
      return date;
    case 'weekly':
      return `${zoned.yearOfWeek}-W${String(zoned.weekOfYear).padStart(2, '0')}`;
    case 'monthly':
      return date.slice(0, -3);
    case 'yearly':
      return date.slice(0, -6);
  }
}
