/** A machine's table as a graph, and its specification's table as text: for the tests of both machines. */
type Table<State extends string> = Readonly<Record<State, Readonly<Record<string, State | 'refused'>>>>;

/** Every state that one event leads to. */
export function cellsOf<State extends string>(table: Table<State>, state: State): State[] {
  return Object.values(table[state]).filter((cell): cell is State => cell !== 'refused');
}

/** Every state that any sequence of events leads to, the first included. */
export function reachableFrom<State extends string>(table: Table<State>, from: State): Set<State> {
  const seen = new Set<State>([from]);
  for (const state of seen) for (const next of cellsOf(table, state)) seen.add(next);
  return seen;
}

export interface SpecifiedState {
  readonly state: string;
  /** The name before the colon; empty for a state in which nothing is done. */
  readonly effect: string;
}

/** The rows of the table `| state | what is true | effect on entry |…` of a SPEC.md; one row may name two states. */
export function statesOfTable(markdown: string): SpecifiedState[] {
  const lines = markdown.split('\n');
  const start = lines.findIndex((line) => line.startsWith('| state |')) + 2;
  const end = lines.findIndex((line, at) => at >= start && !line.startsWith('|'));
  return lines.slice(start, end).flatMap((line) => {
    const [states = '', , action = ''] = line
      .split('|')
      .slice(1)
      .map((cell) => cell.trim());
    const effect = /^[a-z-]+/.exec(action)?.[0] ?? '';
    return states.split(',').map((state) => ({ state: state.trim(), effect }));
  });
}
