import type { Json } from '../model/json.ts'

/** The value at a dotted path; undefined where there is none. */
export function valueAt(value: Json, path: string): Json | undefined {
  let found: unknown = value
  for (const name of path.split('.'))
    found =
      typeof found === 'object' && found !== null && Object.hasOwn(found, name) ? Reflect.get(found, name) : undefined
  return found as Json | undefined // a part of a Json is one
}
