import type { Scan } from 'millrace'
import { afterPosition, type Position } from './position.ts'
import type { Asker } from './refused-query.ts'
import { and, instant } from './soql.ts'
import type { Compound } from './compound.ts'

/** What the queries of a stream are made of. */
export type Readable = {
  readonly name: string
  /** Filterable stamp that rows are ordered by. null: by Id alone, and always all of them. */
  readonly cursor: string | null
  /** For `start`. null: the object does not say when a row was made. */
  readonly createdField: string | null
  /** Fields that every scan reads, asked for or not. */
  readonly always: readonly string[]
  readonly pageSize: number
  /** Compound fields by name. null: its parts do not say all of it, and the Bulk API cannot read it. */
  readonly compounds: ReadonlyMap<string, Compound | null>
  /** The filter that Salesforce demands of every query of this object, in words. */
  readonly demanded: string | null
}

export const fieldsOf = ({ always }: Readable, scan: Pick<Scan, 'fields'>): readonly string[] => [
  ...new Set([...always, ...scan.fields]),
]

/** The WHERE of everything that the scan wants and that comes after a position. */
export const whereOf = (stream: Readable, scan: Scan, after: Position | null, more: string | null = null): string =>
  and([...boundsOf(stream, scan), afterPosition(stream, after), more])

/** What the sync wants, whenever it changed. */
export const wantedOf = ({ createdField }: Readable, scan: Scan): readonly (string | null)[] => [
  createdField && scan.start !== null ? `${createdField} >= ${instant(scan.start)}` : null,
  scan.where ? `(${scan.where})` : null,
]

/** What it does not bring is taken for gone: also a row that was written in the last minutes, or is while we read. */
export const takesAll = ({ whole = false, from }: Pick<Scan, 'whole' | 'from'>): boolean => whole && from === null

function boundsOf(stream: Readable, scan: Scan): readonly (string | null)[] {
  const { cursor } = stream
  return [
    cursor && scan.from !== null ? `${cursor} >= ${instant(scan.from)}` : null,
    cursor && !takesAll(scan) ? `${cursor} < ${instant(scan.to)}` : null,
    ...wantedOf(stream, scan),
  ]
}

export const askerOf = ({ name }: Readable, { where }: Scan): Asker => ({ stream: name, where })
