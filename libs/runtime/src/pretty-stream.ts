/** One line a person can read from one line of JSON: time, level, who, message, then the other fields. */
export function prettyLine(line: string): string {
  const {
    level,
    time,
    name,
    msg,
    pid: _pid,
    hostname: _host,
    ...fields
  } = JSON.parse(line) as Record<string, unknown>;
  const at = String(time).slice(11, 23);
  const rest = Object.entries(fields).map(
    ([key, value]) => ` ${key}=${typeof value === 'string' ? value : JSON.stringify(value)}`,
  );
  return `${at} ${String(level).toUpperCase().padEnd(5)} ${String(name)}: ${String(msg)}${rest.join('')}\n`;
}

export const prettyStream = {
  write(line: string): void {
    process.stderr.write(prettyLine(line));
  },
};
