import { LifeboatError } from '@lifeboat/kernel';

const DAYS = ['mon', 'tue', 'wed', 'thu', 'fri', 'sat', 'sun'];
const DAY_MINUTES = 1440;
const WINDOW = /^(?:([a-z,-]+) )?(\d\d):([0-5]\d)-(\d\d):([0-5]\d)$/;

/** A part of the day, on some days of the week. */
export interface Window {
  /** 1 Monday … 7 Sunday: the days on which it opens. */
  readonly days: ReadonlySet<number>;
  /** Minutes of the day on which it opens; `to`, which is outside, may lie in the next. */
  readonly from: number;
  readonly to: number;
}

/** `22:00-06:00`, `mon-fri 22:00-06:00`, `sat,sun 00:00-24:00`. @throws USAGE */
export function parseWindow(text: string): Window {
  const match = WINDOW.exec(text);
  if (match === null) return refuse(text);
  const [, days, fromHour, fromMinute, toHour, toMinute] = match;
  const from = Number(fromHour) * 60 + Number(fromMinute);
  const to = Number(toHour) * 60 + Number(toMinute);
  if (from >= DAY_MINUTES || to > DAY_MINUTES || from === to) return refuse(text);
  return { days: parseDays(days ?? 'mon-sun', text), from, to: to > from ? to : to + DAY_MINUTES };
}

/** Without windows it is always open. */
export function isOpen(windows: readonly Window[], timeZone: string, at: Date): boolean {
  if (windows.length === 0) return true;
  const { dayOfWeek, hour, minute } = zoned(at, timeZone);
  const now = hour * 60 + minute;
  const yesterday = dayOfWeek === 1 ? 7 : dayOfWeek - 1;
  return windows.some(
    ({ days, from, to }) =>
      (days.has(dayOfWeek) && from <= now && now < to) || (days.has(yesterday) && now + DAY_MINUTES < to),
  );
}

/** When a window opens next; `at` itself when one is open. */
export function nextOpening(windows: readonly Window[], timeZone: string, at: Date): Date {
  if (isOpen(windows, timeZone, at)) return at;
  const today = zoned(at, timeZone).toPlainDate();
  const openings = windows.flatMap(({ days, from }) =>
    // Eight days: the window of today may be over, and open again in a week.
    Array.from({ length: 8 }, (_, ahead) => today.add({ days: ahead }))
      .filter((day) => days.has(day.dayOfWeek))
      .map((day) => day.toZonedDateTime({ timeZone, plainTime: timeOf(from) }).epochMilliseconds),
  );
  return new Date(Math.min(...openings.filter((millis) => millis > at.getTime())));
}

function zoned(at: Date, timeZone: string): Temporal.ZonedDateTime {
  return Temporal.Instant.fromEpochMilliseconds(at.getTime()).toZonedDateTimeISO(timeZone);
}

function timeOf(minutes: number): Temporal.PlainTime {
  return new Temporal.PlainTime(Math.floor(minutes / 60), minutes % 60);
}

function parseDays(text: string, whole: string): ReadonlySet<number> {
  const days = new Set<number>();
  for (const part of text.split(',')) {
    const ends = part.split('-').map((name) => DAYS.indexOf(name) + 1);
    const [first = 0, last = first] = ends;
    if (ends.length > 2 || first === 0 || last === 0) return refuse(whole);
    // fri-mon passes Sunday.
    for (let day = first; ; day = (day % 7) + 1) {
      days.add(day);
      if (day === last) break;
    }
  }
  return days;
}

function refuse(text: string): never {
  throw new LifeboatError('USAGE', `${JSON.stringify(text)} is not a window`, {
    guidance: 'Write 22:00-06:00, or with days mon-fri 22:00-06:00 or sat,sun 00:00-24:00.',
  });
}
