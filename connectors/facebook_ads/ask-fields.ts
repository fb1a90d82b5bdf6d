import type { Host } from 'millrace'
import { refusedField, type GraphError } from './graph-error.ts'

/** The fields that a stream asks for; one that cannot be had is named in the run, once, and left out from then on. */
export type AskedFields = {
  readonly names: () => readonly string[]
  /** true: the error was about a field, which is left out now. Ask again. */
  readonly drop: (error: GraphError) => boolean
}

export function askFields(stream: string, wanted: readonly string[], { needed, host }: FieldRules): AskedFields {
  const names = [...new Set([...needed, ...wanted])]
  return {
    names: () => names,
    drop: (error) => {
      const refused = refusedField(
        error,
        names.filter((name) => !needed.includes(name)),
      )
      if (refused === undefined) return false
      names.splice(names.indexOf(refused), 1)
      host.warn(`${stream}: the field ${refused} cannot be had and is left out. Facebook says: ${error.message}`)
      return true
    },
  }
}

export type FieldRules = {
  /** Without them there is no row: never left out. */
  readonly needed: readonly string[]
  readonly host: Host
}
