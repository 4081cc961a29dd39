import type { ProcessView } from './file-view.ts';

/** Variables whose options a Java machine takes before those of its command line, so that the latter win. */
const OPTION_VARIABLES = ['JAVA_TOOL_OPTIONS', 'JDK_JAVA_OPTIONS'];

/** The system properties (`-Dname=value`) of a Java process; of equal names the last counts, as in Java. */
export function systemProperties({ args, env }: ProcessView): ReadonlyMap<string, string> {
  const options = [...OPTION_VARIABLES.flatMap((name) => splitOptions(env[name] ?? '')), ...args];
  const properties = new Map<string, string>();
  for (const option of options) {
    const found = /^-D([^=]+)=(.*)$/s.exec(option);
    if (found) properties.set(found[1]!, found[2]!);
  }
  return properties;
}

/** Words, of which quotes hold blanks together. */
function splitOptions(text: string): string[] {
  const words = text.match(/(?:[^\s"']|"[^"]*"|'[^']*')+/g) ?? [];
  return words.map((word) => word.replace(/"([^"]*)"|'([^']*)'/g, '$1$2'));
}
