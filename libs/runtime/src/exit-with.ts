import { ERROR_CODES, toLifeboatError } from '@lifeboat/kernel';
import { redactText } from './redact.ts';

/** What a person reads when a command ends in an error; a bug of ours comes with its stack, to be reported. */
export function describeFailure(error: unknown): string {
  const failure = toLifeboatError(error);
  const lines = [`error: ${failure.message} (${failure.code})`];
  if (failure.guidance !== undefined) lines.push(failure.guidance);
  if (failure.kind === 'bug') lines.push(stackOf(failure.cause) ?? failure.stack ?? '');
  return redactText(lines.join('\n'));
}

/** Prints message and guidance on stderr and exits with the code's exit status. */
export function exitWith(error: unknown): never {
  process.stderr.write(`${describeFailure(error)}\n`);
  process.exit(ERROR_CODES[toLifeboatError(error).code].exit);
}

function stackOf(cause: unknown): string | undefined {
  return typeof cause === 'object' && cause !== null && 'stack' in cause ? String(cause.stack) : undefined;
}
