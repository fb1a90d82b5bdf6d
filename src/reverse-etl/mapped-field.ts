/** A field of a map, held against the model's columns: what a row's value is made from. */
import type { ValueMap } from '../config/project.ts'
import type { DestinationField } from '../connector/destination.ts'
import type { FieldValue } from '../model/change.ts'
import type { Column } from '../model/table.ts'
import type { FieldKind } from './encode-value.ts'

/** `personal`: it is filled from a column that some sync calls so, and what is told of it does not quote it. */
export type MappedField = { readonly field: string; readonly personal?: true } & (
  | (MappedPart & {
      /** What the field takes. @default anything of its type */
      readonly fits?: FieldLimits
      /** Goes where the destination's field is empty, and nowhere else. */
      readonly setIfEmpty?: true
    })
  | {
      readonly kind: 'opt_out'
      readonly column: Column
      readonly out: FieldValue
      readonly in: FieldValue
      readonly allowOptIn: boolean
    }
)

export type FieldLimits = Pick<DestinationField, 'nullable' | 'maxLength'>

/** `omitNull`: a null is left out of the payload. */
export type MappedPart = { readonly omitNull?: true } & (
  | { readonly kind: 'column'; readonly column: Column; readonly type: FieldKind; readonly values: ValueMap | null }
  | { readonly kind: 'value'; readonly value: FieldValue }
  | {
      readonly kind: 'template'
      readonly template: string
      /** Liquid's major version: another one may render otherwise. */
      readonly liquid: number
      /** As the template spells them. */
      readonly columns: { readonly [name: string]: Column }
      readonly type: FieldKind
    }
  | {
      readonly kind: 'lookup'
      readonly column: Column
      /** null: nothing to look for; else 0, 1, or 2 for several. */
      readonly matches: Column
      readonly type: FieldKind
      readonly onMissing: 'null' | 'reject' | 'hold'
      /** Its name in the other model. */
      readonly source: string
      /** For messages: `accounts by account_id`. */
      readonly what: string
    }
  | { readonly kind: 'object'; readonly parts: { readonly [name: string]: MappedPart } }
  | { readonly kind: 'array'; readonly items: readonly MappedPart[] }
)

/** Names of the columns that its value comes from, in whatever model they are: personal or not. */
export function sourcesOf(field: MappedField | MappedPart): readonly string[] {
  switch (field.kind) {
    case 'lookup':
      return [field.source]
    case 'object':
      return Object.values(field.parts).flatMap(sourcesOf)
    case 'array':
      return field.items.flatMap(sourcesOf)
    default:
      return columnsOf(field).map(({ name }) => name)
  }
}

/** The columns of the query that fill it. */
export function columnsOf(field: MappedField | MappedPart): readonly Column[] {
  switch (field.kind) {
    case 'value':
      return []
    case 'column':
    case 'opt_out':
      return [field.column]
    case 'lookup':
      return [field.column, field.matches]
    case 'template':
      return Object.values(field.columns)
    case 'object':
      return Object.values(field.parts).flatMap(columnsOf)
    case 'array':
      return field.items.flatMap(columnsOf)
  }
}
