import { MillraceError } from 'millrace'
import { refusedField, type GraphError } from './graph-error.ts'

/** The fields that a stream asks for. */
export type AskedFields = {
  readonly names: readonly string[]
  /** Where the error is about one of them: what ends the stream. A field that is left out would empty what is stored of it. */
  readonly refusal: (error: GraphError) => MillraceError | undefined
}

/** `needed`: without them there is no row, and no sync may leave them out. */
export function askFields(stream: string, wanted: readonly string[], needed: readonly string[]): AskedFields {
  const names = [...new Set([...needed, ...wanted])]
  const optional = names.filter((name) => !needed.includes(name))
  return {
    names,
    refusal: (error) => {
      const field = refusedField(error, optional)
      return field === undefined ? undefined : refused(stream, field, error)
    },
  }
}

const refused = (stream: string, field: string, error: GraphError) =>
  new MillraceError('MR-3004', {
    message: `${stream}: the field ${field} cannot be had. Facebook says: ${error.message}`,
    kept: 'What is loaded stays as it is, the values of this field too.',
    next: `Leave it out, which leaves its column as it is (with  mode: full_refresh  it empties it): take it from the stream’s  include  or  fields,  or put  exclude: [${field}]  there. Or give the token the permission that it needs.`,
    cause: error,
  })
