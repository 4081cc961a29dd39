import { LifeboatError } from '@lifeboat/kernel';

/** One setting: how a value from a file, the environment or a flag becomes what the program uses. */
export interface ConfigField<Value> {
  /** Throws (any error) when the value will not do; the message says what is wanted. */
  readonly parse: (value: unknown) => Value;
  /** For when no source names it; without one the setting must be given. */
  readonly fallback?: { readonly value: Value };
}

/** Settings by name, camelCase: `grpcPort` is `grpcPort` in the file, LIFEBOAT_GRPC_PORT, and the flag grpcPort. */
export type ConfigSchema<T> = { readonly [Name in keyof T]-?: ConfigField<T[Name]> };

function field<Value>(parse: (value: unknown) => Value, fallback: [] | [Value]): ConfigField<Value> {
  return fallback.length === 0 ? { parse } : { parse, fallback: { value: fallback[0] } };
}

/** A text that is not empty. */
export function text(...fallback: [] | [string]): ConfigField<string> {
  return field((value) => {
    if (typeof value !== 'string' || value === '') throw wanted('a text');
    return value;
  }, fallback);
}

export function optionalText(): ConfigField<string | undefined> {
  return field<string | undefined>(text().parse, [undefined]);
}

/** A whole number within bounds, both included. */
export function wholeNumber(
  bounds: { min: number; max: number },
  ...fallback: [] | [number]
): ConfigField<number> {
  return field((value) => {
    const number = typeof value === 'string' && /^-?\d+$/.test(value) ? Number(value) : value;
    if (
      typeof number !== 'number' ||
      !Number.isSafeInteger(number) ||
      number < bounds.min ||
      number > bounds.max
    ) {
      throw wanted(`a whole number from ${bounds.min} to ${bounds.max}`);
    }
    return number;
  }, fallback);
}

export function optionalWholeNumber(bounds: { min: number; max: number }): ConfigField<number | undefined> {
  return field<number | undefined>(wholeNumber(bounds).parse, [undefined]);
}

/** true or false; the environment may say 1 or 0. */
export function yesOrNo(...fallback: [] | [boolean]): ConfigField<boolean> {
  const known = new Map<unknown, boolean>([
    [true, true],
    ['true', true],
    ['1', true],
    [false, false],
    ['false', false],
    ['0', false],
  ]);
  return field((value) => {
    const answer = known.get(value);
    if (answer === undefined) throw wanted('true or false');
    return answer;
  }, fallback);
}

export function oneOf<const Choice extends string>(
  choices: readonly Choice[],
  ...fallback: [] | [NoInfer<Choice>]
): ConfigField<Choice> {
  return field((value) => {
    const choice = choices.find((candidate) => candidate === value);
    if (choice === undefined) throw wanted(`one of ${choices.join(', ')}`);
    return choice;
  }, fallback);
}

function wanted(what: string): LifeboatError {
  return new LifeboatError('USAGE', `must be ${what}`);
}
