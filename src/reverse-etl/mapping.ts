/** A sync's `map`, held against the model's columns and the destination's fields. */
import type { OnRemoved, ReverseSync } from '../config/project.ts'
import type { DestinationObject, MatchField } from '../connector/destination.ts'
import { MillraceError } from '../model/millrace-error.ts'
import type { Column } from '../model/table.ts'
import { columnsOf, sourcesOf, type MappedField } from './mapped-field.ts'
import { versionOf } from './mapping-version.ts'
import { modelColumn } from './model-column.ts'
import { flawOf } from './payload.ts'
import { fieldOf, refuse, resolveField } from './resolve-field.ts'

export type ResolvedMapping = {
  readonly fields: readonly MappedField[]
  /** The columns that the map reads, of the model and of lookups: what the snapshot holds and the diff compares. */
  readonly columns: readonly Column[]
  /** Columns that say opted out when true. */
  readonly optOuts: readonly string[]
  /** Of those, the ones whose off value may be sent. */
  readonly optIns: readonly string[]
  /** The field that finds the record, and the column that fills it. */
  readonly match: { readonly field: string; readonly column: string; readonly normalise: 'exact' | 'trim' | 'lower' }
  /** Fields that name what is written, the match first; a change of nothing else has nothing to say. */
  readonly identity: readonly string[]
  /** The columns that fill those. */
  readonly identityColumns: readonly string[]
  /** The columns of what else names it, each by itself: other fields that could find the record. Of a template's some may be empty. */
  readonly otherNames: readonly ResolvedMapping['key'][]
  readonly key: readonly { readonly column: string; readonly normalise: 'exact' | 'trim' | 'lower' }[]
  /** Of `mapping-version`. */
  readonly version: string
  /** Mapped doubles: their sums differ from run to run. */
  readonly warnings: readonly string[]
}

/** `personal`: names of columns, in whatever model they are. */
export function resolveMapping(
  sync: ReverseSync,
  object: DestinationObject,
  columns: readonly Column[],
  personal: ReadonlySet<string> = new Set(),
): ResolvedMapping {
  const context = { sync, object, columns }
  const column = (name: string) => modelColumn(context, name)
  const fields = sync.map.map((mapping): MappedField => {
    const field = resolveField(context, mapping)
    return sourcesOf(field).some((name) => personal.has(name.toLowerCase())) ? { ...field, personal: true } : field
  })
  const twice = fields.find(({ field }, index) => fields.findIndex((other) => other.field === field) !== index)
  if (twice) throw refuse(sync, `map fills ${twice.field} twice`)
  const used = new Map(fields.flatMap(columnsOf).map((each) => [each.name, each]))
  const match = fields.find((field) => field.field === sync.match)
  const rule = ownValue(object.match, sync.match)
  if (!rule)
    throw new MillraceError('MR-1209', {
      message: `${sync.name}: ${object.name} records cannot be found by ${sync.match}; by ${Object.keys(object.match).join(', ')} they can.`,
      kept: 'Nothing was sent.',
    })
  if (match?.kind !== 'column')
    throw new MillraceError('MR-1209', {
      message: `${sync.name}: match is ${sync.match}, so map must fill ${sync.match} from a column of the model.`,
      kept: 'Nothing was sent.',
    })
  if (!object.operations.includes(sync.mode))
    throw refuse(sync, `${object.name} does not take ${sync.mode}; it takes ${object.operations.join(', ')}`)
  refuseMatch(sync, object, rule)
  const identity = [...new Set([sync.match, ...(object.identity ?? [])])]
  for (const name of identity)
    if (!fields.some((field) => field.field === name))
      throw refuse(sync, `${object.name} is named by ${identity.join(' and ')}, so map must fill ${name}, too`)
  if (sync.verifyOptOuts && !object.readBack)
    throw refuse(
      sync,
      `verify_opt_outs reads back what was written, and ${object.name} cannot be read back with this connection`,
    )
  refuseRemoval(sync, object, fields)
  const key = sync.primaryKey.map((name) => {
    const { name: own } = column(name)
    return { column: own, normalise: own === match.column.name ? rule.normalise : ('exact' as const) }
  })
  return {
    fields,
    columns: [...used.values()],
    optOuts: fields.flatMap((field) => (field.kind === 'opt_out' ? [field.column.name] : [])),
    optIns: fields.flatMap((field) => (field.kind === 'opt_out' && field.allowOptIn ? [field.column.name] : [])),
    identity,
    identityColumns: fields
      .filter(({ field }) => identity.includes(field))
      .flatMap((field) => columnsOf(field).map(({ name }) => name)),
    otherNames: fields
      .filter(({ field }) => !identity.includes(field))
      .map((field) => otherName(object, field))
      .filter((columns) => columns.length > 0),
    match: { field: sync.match, column: match.column.name, normalise: rule.normalise },
    key,
    version: versionOf(sync, fields, key),
    warnings: [...used.values()]
      .filter(({ type }) => type === 'double')
      .map(
        ({ name }) =>
          `${sync.name}: ${name} is a double: sums of doubles differ from run to run and look like changes; cast it to a decimal in the model.`,
      ),
  }
}

/** None: it names no record. */
function otherName(object: DestinationObject, field: MappedField): ResolvedMapping['key'] {
  const rule = ownValue(object.match, field.field)
  if (!rule || rule.unique === false) return []
  const columns = field.kind === 'lookup' ? [field.column] : columnsOf(field)
  return columns.map(({ name }) => ({ column: name, normalise: rule.normalise }))
}

/** Before a row is intended: nothing could be sent. */
function refuseMatch(sync: ReverseSync, object: DestinationObject, { operations }: MatchField): void {
  if (!operations || operations.includes(sync.mode)) return
  const others = Object.entries(object.match).filter(([, other]) => other.operations?.includes(sync.mode) !== false)
  const modes = operations.filter((op) => op === 'update')
  throw new MillraceError('MR-1209', {
    message: `${sync.name}: match is ${sync.match}, by which ${object.name} records can be found and none can be made; mode is ${sync.mode}.`,
    kept: 'Nothing was sent.',
    next: [
      ...modes.map((mode) => `Set \`mode: ${mode}\`.`),
      ...(others.length > 0 ? [`Or match ${others.map(([name]) => name).join(', ')}.`] : []),
    ],
  })
}

/** What leaves the model may not be turned into an opt-in, nor into another record. */
function refuseRemoval(sync: ReverseSync, object: DestinationObject, fields: readonly MappedField[]): void {
  const removal: OnRemoved = sync.onRemoved
  if (removal.kind === 'ignore') return
  if (!object.operations.includes(removal.kind))
    throw refuse(sync, `${object.name} does not take on_removed: ${removal.kind}`)
  if (removal.kind === 'delete') return
  const values =
    removal.kind === 'clear' ? removal.fields.map((name) => [name, null] as const) : Object.entries(removal.values)
  for (const [name, value] of values) {
    const known = fieldOf(sync, object, name)
    const isOptOut = known.optOut || fields.some((field) => field.field === name && field.kind === 'opt_out')
    if (isOptOut) throw refuse(sync, `on_removed may not touch ${name}: it says how a person may be contacted`)
    if (name === sync.match) throw refuse(sync, `on_removed may not touch ${name}: it finds the record`)
    const flaw = flawOf(value, known.fits)
    if (flaw !== null) throw refuse(sync, `on_removed gives ${name} what it does not take: ${flaw}`)
  }
}

/** `constructor` is no field. */
const ownValue = <Value>(object: { readonly [name: string]: Value }, name: string): Value | undefined =>
  Object.hasOwn(object, name) ? object[name] : undefined
