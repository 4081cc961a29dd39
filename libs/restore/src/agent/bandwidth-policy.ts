import type { RateSchedule, RateWindow } from '@lifeboat/runtime';
import { knownMapping, type Wrong } from './known-mapping.ts';

const UNITS: Readonly<Record<string, number>> = {
  KiB: 2 ** 10,
  MiB: 2 ** 20,
  GiB: 2 ** 30,
  kB: 1e3,
  MB: 1e6,
  GB: 1e9,
};
const RATE = /^(\d+(?:\.\d+)?)\s*([kKMG]i?B)\/s$/;
const TIME = /^([01]\d|2[0-3]):([0-5]\d)$/;
/** Below it a single message of 8 MiB would take longer than a database server waits for its dump's reader. */
const LOWEST_RATE = 256 * 1024;

/** `bandwidth` of agent.yaml: how fast this node may send what it backs up. Undefined: as fast as it can. */
export function parseBandwidth(value: unknown, wrong: Wrong): RateSchedule | undefined {
  if (value === undefined) return undefined;
  const { limit = 'unlimited', schedule = [] } = knownMapping(
    value,
    'bandwidth',
    ['limit', 'schedule'],
    wrong,
  );
  if (!Array.isArray(schedule)) throw wrong('bandwidth.schedule', 'must be a list');
  return {
    limit: rate(limit, 'bandwidth.limit', wrong),
    windows: schedule.map((item, index) => window(item, `bandwidth.schedule[${index}]`, wrong)),
  };
}

function window(value: unknown, key: string, wrong: Wrong): RateWindow {
  const { from, to, limit } = knownMapping(value, key, ['from', 'to', 'limit'], wrong);
  const found = { from: minute(from, `${key}.from`, wrong), to: minute(to, `${key}.to`, wrong) };
  if (found.from === found.to) throw wrong(key, 'begins when it ends: for the whole day say bandwidth.limit');
  return { ...found, limit: rate(limit, `${key}.limit`, wrong) };
}

function minute(value: unknown, key: string, wrong: Wrong): number {
  const [, hours, minutes] = (typeof value === 'string' && TIME.exec(value)) || [];
  if (hours === undefined) throw wrong(key, 'must be a time of the day in quotes, as "08:00"');
  return Number(hours) * 60 + Number(minutes);
}

function rate(value: unknown, key: string, wrong: Wrong): number {
  if (value === 'unlimited') return Infinity;
  const [, number, unit] = (typeof value === 'string' && RATE.exec(value)) || [];
  const factor = UNITS[unit ?? ''];
  if (factor === undefined) throw wrong(key, 'must be a rate, as 20MiB/s, or unlimited');
  const bytes = Number(number) * factor;
  if (bytes < LOWEST_RATE)
    throw wrong(key, 'must be 256KiB/s or more: below it dumps of databases break off');
  return bytes;
}
