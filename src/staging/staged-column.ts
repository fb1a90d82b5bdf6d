import type { LogicalType } from '../model/logical-type.ts'

/** A vendor field, the column it becomes, and its type. */
export type StagedColumn = { readonly field: string; readonly column: string; readonly type: LogicalType }

/** What a field's raw text is called while it is staged. No column's name can hold this sign, so none can hide it. */
export const rawName = (index: number): string => `"#${index}"`

/** Our own columns beside the vendor's, likewise. */
export const malformed = '"#malformed"'
export const bad = '"#bad"'
export const raw = '"#raw"'
export const order = '"#order"'

/** A field of a JSON object, as DuckDB's path. */
export const jsonPath = (field: string): string => `$."${field.replaceAll('"', '\\"')}"`
