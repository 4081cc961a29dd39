import { LifeboatError } from '@lifeboat/kernel';

const SECONDS = { d: 86_400, h: 3600, m: 60, s: 1 };

/** `30m`, `1h30m`, `90s`, `2d` in seconds. USAGE. */
export function durationSeconds(text: string): number {
  const parts = text.match(/\d+[dhms]/g) ?? [];
  const seconds = parts.reduce(
    (sum, part) => sum + Number(part.slice(0, -1)) * SECONDS[part.at(-1) as keyof typeof SECONDS],
    0,
  );
  if (parts.length > 0 && parts.join('') === text && seconds > 0 && Number.isSafeInteger(seconds))
    return seconds;
  throw new LifeboatError('USAGE', `${JSON.stringify(text)} is not a time`, {
    guidance: 'Write a number and its unit, as in 90s, 30m, 1h30m or 2d.',
  });
}
