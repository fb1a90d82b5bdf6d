/** A sync's `map`, held against the model's columns and the destination's fields. */
import type { Mapping, OnRemoved, ReverseSync, ValueMap } from '../config/project.ts'
import { didYouMean } from '../model/did-you-mean.ts'
import type { DestinationField, DestinationObject } from '../connector/destination.ts'
import type { FieldValue } from '../model/change.ts'
import { MillraceError } from '../model/millrace-error.ts'
import type { Column } from '../model/table.ts'
import { canonicalJson, hashOf } from './canonical-json.ts'
import { canEncode, encoderVersion, type FieldKind } from './encode-value.ts'

export type MappedField = { readonly field: string } & (
  | { readonly kind: 'column'; readonly column: Column; readonly type: FieldKind; readonly values: ValueMap | null }
  | { readonly kind: 'value'; readonly value: FieldValue }
  | {
      readonly kind: 'opt_out'
      readonly column: Column
      readonly out: FieldValue
      readonly in: FieldValue
      readonly allowOptIn: boolean
    }
)

export type ResolvedMapping = {
  readonly fields: readonly MappedField[]
  /** The model's columns that are mapped: what the snapshot holds and the diff compares. */
  readonly columns: readonly Column[]
  /** Columns that say opted out when true. */
  readonly optOuts: readonly string[]
  /** The field that finds the record, and the column that fills it. */
  readonly match: { readonly field: string; readonly column: string; readonly normalise: 'exact' | 'trim' | 'lower' }
  readonly key: readonly { readonly column: string; readonly normalise: 'exact' | 'trim' | 'lower' }[]
  readonly version: string
  /** Mapped doubles: their sums differ from run to run. */
  readonly warnings: readonly string[]
}

export function resolveMapping(
  sync: ReverseSync,
  object: DestinationObject,
  columns: readonly Column[],
): ResolvedMapping {
  const column = (name: string) => modelColumn(sync, columns, name)
  const fields = sync.map.map((mapping) => resolveField(sync, object, { mapping, column }))
  const used = new Map(
    fields.flatMap((field) => (field.kind === 'value' ? [] : [[field.column.name, field.column] as const])),
  )
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
  refuseRemoval(sync, object, fields)
  const key = sync.primaryKey.map((name) => {
    const { name: own } = column(name)
    return { column: own, normalise: own === match.column.name ? rule.normalise : ('exact' as const) }
  })
  return {
    fields,
    columns: [...used.values()],
    optOuts: fields.flatMap((field) => (field.kind === 'opt_out' ? [field.column.name] : [])),
    match: { field: sync.match, column: match.column.name, normalise: rule.normalise },
    key,
    version: versionOf(sync, fields, key),
    warnings: fields.flatMap((field) =>
      field.kind === 'column' && field.column.type === 'double'
        ? [
            `${sync.name}: ${field.column.name} is a double: sums of doubles differ from run to run and look like changes; cast it to a decimal in the model.`,
          ]
        : [],
    ),
  }
}

/** Changes where payloads may: then rows are encoded again and hashes compared. `allow_opt_in` changes no payload. */
function versionOf(sync: ReverseSync, fields: readonly MappedField[], key: ResolvedMapping['key']): string {
  const encoded = fields.map((field) => ({ ...field, allowOptIn: undefined }))
  return hashOf(canonicalJson({ encoderVersion, match: sync.match, fields: encoded, key })).slice(0, 16)
}

function resolveField(
  sync: ReverseSync,
  object: DestinationObject,
  { mapping, column }: { readonly mapping: Mapping; readonly column: (name: string) => Column },
): MappedField {
  const target = fieldOf(sync, object, mapping.field)
  if (target.optOut && mapping.kind !== 'opt_out')
    throw refuse(
      sync,
      `${mapping.field} says how a person may be contacted: map it with { opt_out: column }, so that a stale value can never opt somebody in`,
    )
  switch (mapping.kind) {
    case 'value':
      return { kind: 'value', field: mapping.field, value: mapping.value }
    case 'column': {
      const source = column(mapping.column)
      if (mapping.values === null && !canEncode(source.type, target.type))
        throw refuse(
          sync,
          `${mapping.column} is a ${source.type}, and ${mapping.field} takes a ${target.type}; cast it in the model`,
        )
      return { kind: 'column', field: mapping.field, column: source, type: target.type, values: mapping.values }
    }
    case 'opt_out': {
      const source = column(mapping.column)
      if (source.type !== 'boolean')
        throw new MillraceError('MR-1210', {
          message: `${sync.name}: ${mapping.column} is used as an opt-out of ${mapping.field}, but it is a ${source.type} in models/${sync.model}.sql, not a boolean.`,
          kept: 'Nothing was sent: a text like "t" would be read as subscribed.',
          next: `Make it a boolean in the model:  coalesce(${mapping.column} = '…', false) as ${mapping.column}`,
        })
      return {
        kind: 'opt_out',
        field: mapping.field,
        column: source,
        out: mapping.out,
        in: mapping.in,
        allowOptIn: mapping.allowOptIn,
      }
    }
  }
}

/** What leaves the model may not be turned into an opt-in, nor into another record. */
function refuseRemoval(sync: ReverseSync, object: DestinationObject, fields: readonly MappedField[]): void {
  const removal: OnRemoved = sync.onRemoved
  if (removal.kind === 'ignore') return
  if (!object.operations.includes(removal.kind))
    throw refuse(sync, `${object.name} does not take on_removed: ${removal.kind}`)
  for (const name of removal.kind === 'clear' ? removal.fields : Object.keys(removal.values)) {
    const isOptOut =
      fieldOf(sync, object, name).optOut || fields.some((field) => field.field === name && field.kind === 'opt_out')
    if (isOptOut) throw refuse(sync, `on_removed may not touch ${name}: it says how a person may be contacted`)
    if (name === sync.match) throw refuse(sync, `on_removed may not touch ${name}: it finds the record`)
  }
}

function fieldOf(
  sync: ReverseSync,
  object: DestinationObject,
  name: string,
): { readonly type: FieldKind; readonly optOut: boolean } {
  const known = ownValue(object.fields, name)
  if (known !== undefined) {
    const field: DestinationField = typeof known === 'string' ? { type: known } : known
    return { type: field.type, optOut: field.optOut ?? false }
  }
  const other = object.otherFields?.find(({ pattern }) => pattern.test(name))
  if (other) return { type: other.type, optOut: other.optOut ?? false }
  const near = didYouMean(name, Object.keys(object.fields))
  throw refuse(sync, `${object.name} has no field ${name}${near ? `; did you mean ${near}?` : ''}`)
}

function modelColumn(sync: ReverseSync, columns: readonly Column[], name: string): Column {
  const found = columns.find((column) => column.name.toLowerCase() === name.toLowerCase())
  if (found) return found
  const near = didYouMean(
    name,
    columns.map((column) => column.name),
  )
  throw new MillraceError('MR-2103', {
    message: `${sync.name}: the model ${sync.model} has no column ${name}${near ? `; did you mean ${near}?` : '.'}`,
    kept: 'Nothing was sent.',
    next: `It has ${columns.map((column) => column.name).join(', ')}.`,
  })
}

const refuse = (sync: ReverseSync, what: string) =>
  new MillraceError('MR-1209', {
    message: `${sync.name}: ${what}.`,
    kept: 'Nothing was sent.',
    next: `millrace connection discover ${sync.destination} ${sync.object}   lists what it takes`,
  })

/** `constructor` is no field. */
const ownValue = <Value>(object: { readonly [name: string]: Value }, name: string): Value | undefined =>
  Object.hasOwn(object, name) ? object[name] : undefined
