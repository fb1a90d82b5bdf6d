import type { Json, JsonObject } from 'millrace'

/** The object with the value at the path; null and '' take it away. An empty path replaces the object as a whole. */
export function setPath(object: JsonObject, path: readonly string[], value: Json): JsonObject {
  const [name, ...rest] = path
  if (name === undefined) return isObject(value) ? value : {}
  const { [name]: before, ...others } = object
  if (rest.length > 0) return { ...object, [name]: setPath(isObject(before) ? before : {}, rest, value) }
  return value === null || value === '' ? others : { ...object, [name]: value }
}

const isObject = (value: Json | undefined): value is JsonObject =>
  typeof value === 'object' && value !== null && !Array.isArray(value)
