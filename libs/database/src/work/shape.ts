import { LifeboatError } from '@lifeboat/kernel';

/** Whether a value of JSON is what is expected of it. */
export type Check<T> = (value: unknown) => value is T;

/** An object's fields and what each must be; fields not named are let through unread. */
export type Shape = Readonly<Record<string, Check<unknown>>>;

type Checked<C> = C extends Check<infer T> ? T : never;

/** JSON knows no undefined: a field that may be undefined may be absent. */
export type Shaped<S extends Shape> = {
  readonly [Key in keyof S as undefined extends Checked<S[Key]> ? never : Key]: Checked<S[Key]>;
} & {
  readonly [Key in keyof S as undefined extends Checked<S[Key]> ? Key : never]?: Exclude<
    Checked<S[Key]>,
    undefined
  >;
};

export const isText: Check<string> = (value) => typeof value === 'string';
/** A moment as ISO text. */
export const isTime: Check<string> = (value): value is string =>
  isText(value) && !Number.isNaN(Date.parse(value));
export const isNumber: Check<number> = (value) => typeof value === 'number';
export const isFlag: Check<boolean> = (value) => typeof value === 'boolean';
export const isTextOrNull: Check<string | null> = (value) => value === null || isText(value);
export const isTexts: Check<readonly string[]> = (value) => Array.isArray(value) && value.every(isText);
export const isTextsOrNull: Check<readonly string[] | null> = (value): value is readonly string[] | null =>
  value === null || isTexts(value);

export function isNumbersWith<Key extends string>(...keys: Key[]): Check<Readonly<Record<Key, number>>> {
  return (value): value is Record<Key, number> =>
    isObject(value) && Object.values(value).every(isNumber) && keys.every((key) => isNumber(value[key]));
}

export function isOneOf<T extends string>(...texts: T[]): Check<T> {
  return (value): value is T => texts.some((text) => text === value);
}

export function isOptional<T>(check: Check<T>): Check<T | undefined> {
  return (value): value is T | undefined => value === undefined || check(value);
}

export function isShaped<S extends Shape>(shape: S): Check<Shaped<S>> {
  return (value): value is Shaped<S> => isObject(value) && wrongField(shape, value) === undefined;
}

/** Reads JSON that the other side wrote. Throws PROTOCOL_BREACH naming the field that is wrong, never its value. */
export function parseShaped<S extends Shape>(shape: S, json: string, what: string): Shaped<S> {
  const value = parseJson(json, what);
  if (!isObject(value)) throw breach(what, 'is not an object');
  const wrong = wrongField(shape, value);
  if (wrong !== undefined) throw breach(what, `has no good ${wrong}`);
  return value as Shaped<S>;
}

export function parseJson(json: string, what: string): unknown {
  try {
    return JSON.parse(json);
  } catch (error) {
    throw breach(what, 'is not JSON', error);
  }
}

export function breach(what: string, how: string, cause?: unknown): LifeboatError {
  return new LifeboatError('PROTOCOL_BREACH', `${what} ${how}`, {
    guidance: 'Bring agent and server to the same version.',
    ...(cause === undefined ? {} : { cause }),
  });
}

function wrongField(shape: Shape, value: Record<string, unknown>): string | undefined {
  return Object.keys(shape).find((field) => !shape[field]!(value[field]));
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
