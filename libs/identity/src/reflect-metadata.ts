/**
 * The few functions of the old `Reflect` metadata proposal that @peculiar/x509's dependency container asks for when
 * it is loaded. It must be imported before that package. A full polyfill, when one is there, wins.
 */
type Metadata = Map<unknown, unknown>;
type Decorator = (target: object) => void;

interface ReflectWithMetadata {
  defineMetadata?(key: unknown, value: unknown, target: object): void;
  getOwnMetadata?(key: unknown, target: object): unknown;
  getMetadata?(key: unknown, target: object): unknown;
  metadata?(key: unknown, value: unknown): Decorator;
}

const reflect = Reflect as ReflectWithMetadata;

if (reflect.getMetadata === undefined) {
  const metadataOf = new WeakMap<object, Metadata>();

  const define = (key: unknown, value: unknown, target: object): void => {
    const metadata = metadataOf.get(target) ?? new Map<unknown, unknown>();
    metadataOf.set(target, metadata.set(key, value));
  };
  const getOwn = (key: unknown, target: object): unknown => metadataOf.get(target)?.get(key);
  const get = (key: unknown, target: object): unknown => {
    for (let at: object | null = target; at !== null; at = Reflect.getPrototypeOf(at)) {
      if (metadataOf.get(at)?.has(key)) return getOwn(key, at);
    }
    return undefined;
  };

  Object.assign(reflect, {
    defineMetadata: define,
    getOwnMetadata: getOwn,
    getMetadata: get,
    metadata:
      (key: unknown, value: unknown): Decorator =>
      (target) =>
        define(key, value, target),
  });
}
