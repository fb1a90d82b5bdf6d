/**
 * With each row of the snapshot stands the mapping that it was accepted under, as a text: `hash` or `hash.out.out`, a hash of
 * all that makes payloads, and one of each opt-out that was sent with them. Where the first differs, rows are encoded again
 * and their hashes compared; an opt-out that is not among the others is as good as new.
 */
import type { ReverseSync } from '../config/project.ts'
import { canonicalJson, hashOf } from './canonical-json.ts'
import { encoderVersion } from './encode-value.ts'
import type { MappedField } from './mapped-field.ts'

/** What the text of an earlier mapping says of this one. */
export type EarlierMapping = {
  /** It made the same payloads. */
  readonly isSame: boolean
  /** Columns of opt-outs that were sent to other fields, or to none. */
  readonly newOptOuts: readonly string[]
}

/** `allow_opt_in` changes no payload, nor do a field's limits, nor whether it is personal. An insert sends no change, so no opt-out that comes later. */
export function versionOf(
  sync: Pick<ReverseSync, 'match' | 'mode'>,
  fields: readonly MappedField[],
  key: readonly object[],
): string {
  const isInsert = sync.mode === 'insert'
  const encoded = fields.map((field) => ({ ...field, allowOptIn: undefined, fits: undefined, personal: undefined }))
  const mode = isInsert ? sync.mode : undefined
  const hash = hashOf(canonicalJson({ encoderVersion, match: sync.match, fields: encoded, key, mode })).slice(0, 16)
  return [
    hash,
    ...(isInsert
      ? []
      : optOutsOf(fields)
          .map(({ mark }) => mark)
          .sort()),
  ].join('.')
}

export function readVersion(
  earlier: string,
  { version, fields }: { readonly version: string; readonly fields: readonly MappedField[] },
): EarlierMapping {
  const [hash, ...marks] = earlier.split('.')
  // Without any mark, it is from before there were marks.
  const isSame = earlier === version || (marks.length === 0 && version.split('.')[0] === hash)
  if (isSame) return { isSame, newOptOuts: [] }
  const unsent = optOutsOf(fields).filter(({ mark }) => !marks.includes(mark))
  return { isSame, newOptOuts: [...new Set(unsent.map(({ column }) => column))] }
}

function optOutsOf(fields: readonly MappedField[]): readonly { readonly column: string; readonly mark: string }[] {
  return fields.flatMap((field) => {
    if (field.kind !== 'opt_out') return []
    const { name } = field.column
    return [{ column: name, mark: hashOf(canonicalJson([field.field, name, field.out])).slice(0, 8) }]
  })
}
