import { LifeboatError } from '@lifeboat/kernel';
import type { z } from 'zod';

type Issue = z.core.$ZodIssue;

/** `sources[0].kind: …`, one line per issue, in the words of whoever wrote the value. */
export function describeIssues(issues: readonly Issue[]): string[] {
  return issues.flatMap((issue) => {
    if (issue.code === 'unrecognized_keys') {
      return issue.keys.map((key) => `${pathText([...issue.path, key])}: unknown key`);
    }
    if (issue.code === 'invalid_key')
      return describeIssues(issue.issues.map((inner) => ({ ...inner, path: issue.path })));
    const where = pathText(issue.path);
    const message = isMissing(issue) ? 'is missing' : issue.message;
    return [where === '' ? message : `${where}: ${message}`];
  });
}

/**
 * Parses a value that came from outside.
 * @throws LifeboatError USAGE naming every key that is wrong; `what` is what the value is to its writer
 */
export function parseOrRefuse<Schema extends z.ZodType>(
  schema: Schema,
  value: unknown,
  what: string,
  guidance?: string,
): z.output<Schema> {
  const parsed = schema.safeParse(value);
  if (parsed.success) return parsed.data;
  const problems = describeIssues(parsed.error.issues);
  throw new LifeboatError('USAGE', `${what} is not valid: ${problems.join('; ')}`, {
    guidance,
    context: { problems },
  });
}

function isMissing(issue: Issue): boolean {
  return issue.code === 'invalid_type' && issue.message.endsWith('received undefined');
}

function pathText(path: readonly PropertyKey[]): string {
  return path.reduce<string>((text, key) => {
    if (typeof key === 'number') return `${text}[${key}]`;
    return text === '' ? String(key) : `${text}.${String(key)}`;
  }, '');
}
