import { longest, type DataType } from './data-type.ts'

/** A text that is longer than VARCHAR(n) is refused. */
export function fitted(sql: string, from: DataType, to: DataType): string {
  if (to.kind !== 'VARCHAR' || to.length >= longest) return sql
  const most = from.kind === 'VARCHAR' ? from.length : Number.POSITIVE_INFINITY
  return most <= to.length ? sql : `sf_fit(${sql}, ${to.length})`
}
