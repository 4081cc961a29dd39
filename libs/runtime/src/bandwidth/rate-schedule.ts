/** How many bytes a second may go, by the time of day. Infinity: no limit. */
export interface RateSchedule {
  /** Outside of all windows. */
  readonly limit: number;
  /** The first that holds a minute decides it. */
  readonly windows: readonly RateWindow[];
}

export interface RateWindow {
  /** Minutes since midnight; `to` belongs to it no more. A window whose end comes first goes across midnight. */
  readonly from: number;
  readonly to: number;
  readonly limit: number;
}

/** Of the machine's own time zone: what a clock on its wall shows, whatever is done to it in spring and autumn. */
export function minuteOfDay(at: Date): number {
  return at.getHours() * 60 + at.getMinutes();
}

/** Bytes a second. */
export function rateAt({ limit, windows }: RateSchedule, minute: number): number {
  return windows.find((window) => holds(window, minute))?.limit ?? limit;
}

function holds({ from, to }: RateWindow, minute: number): boolean {
  return from < to ? from <= minute && minute < to : minute >= from || minute < to;
}
