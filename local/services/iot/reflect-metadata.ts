/**
 * @peculiar/x509 resolves its algorithms through tsyringe, which refuses to load unless `Reflect` can keep metadata.
 * These are the three operations that it calls, so that no further package is needed. Import this file first.
 */
interface MetadataReflect {
  getMetadata?(key: unknown, target: object): unknown;
  getOwnMetadata?(key: unknown, target: object): unknown;
  defineMetadata?(key: unknown, value: unknown, target: object): void;
}

const reflect = Reflect as MetadataReflect;

if (!reflect.getMetadata) {
  const metadata = new WeakMap<object, Map<unknown, unknown>>();
  reflect.getOwnMetadata = (key, target) => metadata.get(target)?.get(key);
  reflect.getMetadata = (key, target) => {
    for (let at: object | null = target; at !== null; at = Object.getPrototypeOf(at) as object | null) {
      const kept = metadata.get(at);
      if (kept?.has(key)) return kept.get(key);
    }
    return undefined;
  };
  reflect.defineMetadata = (key, value, target) => {
    const kept = metadata.get(target) ?? new Map<unknown, unknown>();
    metadata.set(target, kept.set(key, value));
  };
}
