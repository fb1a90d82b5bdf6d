import { giveWay, recordHistoryName } from '../model/column-name.ts'
import { intervalColumns } from '../model/interval-columns.ts'
import type { FieldHistoryView } from '../warehouse/field-history.ts'
import type { RecordHistoryView } from '../warehouse/record-history.ts'

/** The view of whole records over the view of their fields, where any field is tracked. */
export function recordHistoryView(
  fields: FieldHistoryView,
  { keyKind, tables }: { readonly keyKind: string | undefined; readonly tables: ReadonlySet<string> },
): RecordHistoryView | undefined {
  const taken = new Set(['record_id', ...intervalColumns.map(({ name }) => name)])
  const columns = [...Map.groupBy(Object.entries(fields.tracked), ([, column]) => column)].map(([column, names]) => {
    const name = giveWay(column, taken)
    taken.add(name)
    return { name, fields: names.map(([field]) => field) }
  })
  if (columns.length === 0) return undefined
  return {
    schema: fields.schema,
    name: giveWay(recordHistoryName(fields.parent.table), tables),
    fieldHistory: fields.name,
    keyKind: keyKind ?? null,
    columns,
  }
}
