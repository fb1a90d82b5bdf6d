import type { Json, JsonObject } from 'millrace'
import { objectOf } from './json-object.ts'

/** The object with the value at the path; null and '' take it away. An empty path replaces the object as a whole. */
export function setPath(object: JsonObject, path: readonly string[], value: Json): JsonObject {
  const [name, ...rest] = path
  if (name === undefined) return objectOf(value)
  const { [name]: before, ...others } = object
  if (rest.length > 0) return { ...object, [name]: setPath(objectOf(before), rest, value) }
  return value === null || value === '' ? others : { ...object, [name]: value }
}
