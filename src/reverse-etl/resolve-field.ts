import { lookupColumns } from '../config/lookups.ts'
import type { MappedPart as PartConfig, Mapping, Place, ReverseSync } from '../config/project.ts'
import type { DestinationObject } from '../connector/destination.ts'
import type { FieldValue } from '../model/change.ts'
import { didYouMean } from '../model/did-you-mean.ts'
import { MillraceError } from '../model/millrace-error.ts'
import type { Column } from '../model/table.ts'
import { liquidVersion, parseTemplate } from '../template/template.ts'
import { canEncode, takes, type FieldKind } from './encode-value.ts'
import type { FieldLimits, MappedField, MappedPart } from './mapped-field.ts'
import { modelColumn } from './model-column.ts'

export type FieldContext = {
  readonly sync: ReverseSync
  readonly object: DestinationObject
  /** Of the model, and what lookups add to them. */
  readonly columns: readonly Column[]
}

/** @throws MillraceError MR-1209, MR-1210, MR-2103 */
export function resolveField(context: FieldContext, mapping: Mapping): MappedField {
  const { sync, object } = context
  if (mapping.kind === 'opt_out') {
    return resolveOptOut(context, mapping, fieldOf(sync, object, mapping.field))
  }
  const field = mapping.kind === 'record' ? recordField(context, mapping) : mapping.field
  const target = fieldOf(sync, object, field)
  if (target.optOut) throw refuse(sync, optOutOnly(field, target.type))
  const part = resolvePart(context, { config: mapping, name: field, type: target.type, place: mapping.place })
  const { fits } = target
  if (!mapping.setIfEmpty) return { field, ...part, ...(fits && { fits }) }
  if (!object.setIfEmpty)
    throw refuse(sync, `set_if_empty at ${field}: ${object.name} cannot be written only where it is empty`)
  if (field === sync.match || object.identity?.includes(field))
    throw refuse(sync, `set_if_empty at ${field}: it finds the record`)
  return { field, ...part, ...(fits && { fits }), setIfEmpty: true }
}

type Part = {
  readonly config: PartConfig
  readonly name: string
  readonly type: FieldKind
  /** Of the whole field. */
  readonly place: Place
}

function resolvePart(context: FieldContext, { config, name, type, place }: Part): MappedPart {
  const omits = config.omitNull ? ({ omitNull: true } as const) : {}
  switch (config.kind) {
    case 'value':
      refuseOptOuts(context, name, config.value)
      return { kind: 'value', value: config.value }
    case 'column':
    case 'record': {
      const values = config.kind === 'column' ? config.values : null
      const column = columnFor(context, { name: config.column, field: name, type: values === null ? type : null })
      return { kind: 'column', column, type, values, ...omits }
    }
    case 'lookup': {
      const { lookup } = config
      const names = lookupColumns(lookup)
      return {
        kind: 'lookup',
        column: columnFor(context, { name: names.value, field: name, type }),
        matches: columnFor(context, { name: names.matches, field: name, type: null }),
        type,
        onMissing: lookup.onMissing,
        source: lookup.column.toLowerCase(),
        what: `${lookup.model} by ${lookup.by.map(({ ours }) => ours).join(', ')}`,
        ...omits,
      }
    }
    case 'template':
      return { ...resolveTemplate(context, { template: config.template, name, type, place }), ...omits }
    case 'object':
      refuseScalar(context, { name, type, what: 'an object' })
      return {
        kind: 'object',
        parts: Object.fromEntries(
          Object.entries(config.parts).map(([key, part]) => [
            key,
            resolvePart(context, { config: part, name: partName(context, name, key), type: 'any', place }),
          ]),
        ),
        ...omits,
      }
    case 'array':
      refuseScalar(context, { name, type, what: 'a list' })
      return {
        kind: 'array',
        items: config.items.map((item, index) =>
          resolvePart(context, { config: item, name: `${name}[${index}]`, type: 'any', place }),
        ),
        ...omits,
      }
  }
}

function resolveTemplate(
  context: FieldContext,
  { template, name, type, place: { file, line } }: Omit<Part, 'config'> & { readonly template: string },
): MappedPart & { readonly kind: 'template' } {
  const { sync } = context
  if (type === 'boolean') throw refuse(sync, `a template makes text, and ${name} takes a boolean; map a boolean column`)
  const parsed = parseTemplate(template)
  if ('problem' in parsed)
    throw new MillraceError('MR-1201', { message: `${sync.name}: the template of ${name}: ${parsed.problem.reason}.` })
  const columns = parsed.template.columns.map((used) => {
    const at = ` (in the template of ${name} at ${file}:${line}, its line ${used.line}, column ${used.column})`
    const column = modelColumn(context, used.name, at)
    if (column.type === 'binary') throw refuse(sync, `the template of ${name} reads ${column.name}, which is binary`)
    if (used.hasMembers && column.type !== 'json')
      throw refuse(
        sync,
        `the template of ${name} reads a member of ${column.name}, which is a ${column.type}, not json`,
      )
    return [used.name, column] as const
  })
  return { kind: 'template', template, liquid: liquidVersion, columns: Object.fromEntries(columns), type }
}

function resolveOptOut(
  context: FieldContext,
  mapping: Mapping & { readonly kind: 'opt_out' },
  { type, fits }: KnownField,
): MappedField {
  const { sync } = context
  const column = modelColumn(context, mapping.column)
  if (column.type !== 'boolean')
    throw new MillraceError('MR-1210', {
      message: `${sync.name}: ${mapping.column} is used as an opt-out of ${mapping.field}, but it is a ${column.type} in models/${sync.model}.sql, not a boolean.`,
      kept: 'Nothing was sent: a text like "t" would be read as subscribed.',
      next: `Make it a boolean in the model:  coalesce(${mapping.column} = '…', false) as ${mapping.column}`,
    })
  const { field, out, allowOptIn } = mapping
  for (const word of [out, mapping.in])
    if (!takes(type, word) || (word === null && fits?.nullable === false))
      throw refuse(
        sync,
        `${field} takes a ${type}, and would be sent ${JSON.stringify(word)}; say its own words for out and in: ${optOutForm(type, mapping.column)}`,
      )
  return { kind: 'opt_out', field, column, out, in: mapping.in, allowOptIn }
}

function columnFor(
  context: FieldContext,
  { name, field, type }: { readonly name: string; readonly field: string; readonly type: FieldKind | null },
): Column {
  const column = modelColumn(context, name)
  if (type !== null && !canEncode(column.type, type))
    throw refuse(context.sync, `${name} is a ${column.type}, and ${field} takes a ${type}; cast it in the model`)
  return column
}

/** `{ lookup: { object, by, column } }`: each vendor has its own name for a record of another object. */
function recordField({ sync, object }: FieldContext, mapping: Mapping & { readonly kind: 'record' }): string {
  const { field, by } = mapping
  const name = object.recordLookup?.({ field, object: mapping.object, by })
  if (name !== undefined) return name
  throw refuse(sync, `${field} of ${object.name} cannot name a record of ${mapping.object} by ${by}`)
}

/** What is an opt-out by its path may not come in as a part of an object. */
function partName({ sync, object }: FieldContext, name: string, key: string): string {
  const path = `${name}.${key}`
  const known = knownField(object, path)
  if (known?.optOut) throw refuse(sync, optOutOnly(path, known.type))
  return path
}

function refuseOptOuts(context: FieldContext, name: string, value: FieldValue): void {
  if (typeof value !== 'object' || value === null) return
  for (const [key, part] of Object.entries(value)) refuseOptOuts(context, partName(context, name, key), part)
}

function refuseScalar(
  { sync }: FieldContext,
  { name, type, what }: { readonly name: string; readonly type: FieldKind; readonly what: string },
): void {
  if (type !== 'json' && type !== 'any') throw refuse(sync, `${name} takes a ${type}, and is mapped to ${what}`)
}

export function fieldOf(sync: ReverseSync, object: DestinationObject, name: string): KnownField {
  const known = knownField(object, name)
  if (known) return known
  const near = didYouMean(name, Object.keys(object.fields))
  throw refuse(sync, `${object.name} has no field ${name}${near ? `; did you mean ${near}?` : ''}`)
}

type KnownField = { readonly type: FieldKind; readonly optOut: boolean; readonly fits?: FieldLimits }

function knownField(object: DestinationObject, name: string): KnownField | undefined {
  const known = Object.hasOwn(object.fields, name) ? object.fields[name] : undefined
  if (known !== undefined)
    return typeof known === 'string'
      ? { type: known, optOut: false }
      : {
          type: known.type,
          optOut: known.optOut ?? false,
          fits: { nullable: known.nullable ?? true, maxLength: known.maxLength ?? Infinity },
        }
  const other = object.otherFields?.find(({ pattern }) => pattern.test(name))
  return other && { type: other.type, optOut: other.optOut ?? false }
}

export const refuse = (sync: ReverseSync, what: string) =>
  new MillraceError('MR-1209', {
    message: `${sync.name}: ${what}.`,
    kept: 'Nothing was sent.',
    next: `millrace connection discover ${sync.destination} ${sync.object}   lists what it takes`,
  })

const optOutOnly = (field: string, type: FieldKind) =>
  `${field} says how a person may be contacted: map it with ${optOutForm(type, 'column')}, so that a stale value can never opt somebody in`

/** Where it is no boolean, only the destination's own words say out and in. */
const optOutForm = (type: FieldKind, column: string) =>
  takes(type, true) ? `{ opt_out: ${column} }` : `{ opt_out: ${column}, values: { true: …, false: … } }`
