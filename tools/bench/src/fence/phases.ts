/** One effect of a set, or a step of it, as the server logged it. */
export interface Phase {
  readonly effect: string;
  readonly millis: number;
}

/** Effects inside the fence and their steps. */
const FENCED = new Set([
  'arm',
  'round',
  'index',
  'working-copies',
  'hold-and-round',
  'pin',
  'rows',
  'held',
  'look-up',
  'check',
  'dump',
]);

/** The fenced effects and steps of one set, in order, from the server's log (a JSON object a line). */
export function phasesOf(log: string, set: string): Phase[] {
  const phases: Phase[] = [];
  for (const line of log.split('\n')) {
    if (!line.includes(set)) continue;
    const { msg, millis } = JSON.parse(line) as { msg?: string; millis?: number };
    if (msg !== undefined && millis !== undefined && FENCED.has(msg)) phases.push({ effect: msg, millis });
  }
  return phases;
}
