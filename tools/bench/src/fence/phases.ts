/** One effect of a set as the server logged it. */
export interface Phase {
  readonly effect: string;
  readonly millis: number;
}

/** What is no part of the fence, and what only undoes. */
const FENCED = new Set(['hold-and-round', 'pin', 'check', 'dump']);

/** The fenced effects of one set, in order, from the server's log (a JSON object a line). */
export function phasesOf(log: string, set: string): Phase[] {
  const phases: Phase[] = [];
  for (const line of log.split('\n')) {
    if (!line.includes(set)) continue;
    const { msg, millis } = JSON.parse(line) as { msg?: string; millis?: number };
    if (msg !== undefined && millis !== undefined && FENCED.has(msg)) phases.push({ effect: msg, millis });
  }
  return phases;
}
