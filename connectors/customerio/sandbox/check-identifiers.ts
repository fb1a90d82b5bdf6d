import { invalid, isRecord, required, type ItemError } from './item-error.ts'
import { objectTypes } from './object-types.ts'

/** Exactly one of id, email and cio_id; this workspace does not identify by phone. */
export function checkPersonIdentifiers(field: string, identifiers: unknown): ItemError | undefined {
  if (identifiers === undefined) return required(field)
  if (!isRecord(identifiers)) return invalid(field, `${field} must be an object`)
  const names = Object.keys(identifiers)
  if (names.length === 0) return required(field)
  if (names.length > 1) return invalid(field, 'only one identifier may be passed')
  const [name = ''] = names
  if (name === 'phone') return invalid(`${field}.phone`, 'phone is not an identifier of this workspace')
  if (!['id', 'email', 'cio_id'].includes(name)) return invalid(`${field}.${name}`, `unknown identifier ${name}`)
  return checkIdentifier(`${field}.${name}`, name, identifiers[name])
}

/** `object_type_id` and `object_id`, or `cio_object_id` alone. */
export function checkObjectIdentifiers(field: string, identifiers: unknown): ItemError | undefined {
  if (identifiers === undefined) return required(field)
  if (!isRecord(identifiers)) return invalid(field, `${field} must be an object`)
  const names = Object.keys(identifiers)
  const unknown = names.find((name) => !objectIdentifiers.includes(name))
  if (unknown !== undefined) return invalid(`${field}.${unknown}`, `unknown identifier ${unknown}`)
  if (names.includes('cio_object_id'))
    return names.length > 1
      ? invalid(field, 'cio_object_id cannot be passed with other identifiers')
      : checkIdentifier(`${field}.cio_object_id`, 'cio_object_id', identifiers['cio_object_id'])
  for (const name of ['object_type_id', 'object_id']) {
    if (identifiers[name] === undefined) return required(`${field}.${name}`)
    const error = checkIdentifier(`${field}.${name}`, name, identifiers[name])
    if (error) return error
  }
  // A type is made in the workspace, never by this API.
  return objectTypes.some(({ id }) => id === identifiers['object_type_id'])
    ? undefined
    : invalid(`${field}.object_type_id`, 'object type does not exist')
}

export function checkIdentifier(field: string, name: string, value: unknown): ItemError | undefined {
  if (typeof value !== 'string') return invalid(field, `${name} must be a string`)
  if (value.trim() === '') return invalid(field, `${name} must not be empty`)
  if ((name === 'id' || name === 'object_id') && [...value].length > 150)
    return invalid(field, `${name} must be at most 150 characters`)
  return name === 'email' && !/^[^\s@]+@[^\s@]+$/.test(value)
    ? invalid(field, 'email is not a valid address')
    : undefined
}

const objectIdentifiers: readonly string[] = ['object_type_id', 'object_id', 'cio_object_id']
