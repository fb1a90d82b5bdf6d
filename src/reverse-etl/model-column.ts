import { didYouMean } from '../model/did-you-mean.ts'
import { MillraceError } from '../model/millrace-error.ts'
import type { Column } from '../model/table.ts'

/** A column by its name, in any case. `where`: what names it, for the message. @throws MillraceError MR-2103 */
export function modelColumn(
  model: { readonly sync: { readonly name: string; readonly model: string }; readonly columns: readonly Column[] },
  name: string,
  where = '',
): Column {
  const { sync, columns } = model
  const found = columns.find((column) => column.name.toLowerCase() === name.toLowerCase())
  if (found) return found
  const names = columns.map((column) => column.name)
  const near = didYouMean(name, names)
  throw new MillraceError('MR-2103', {
    message: `${sync.name}: the model ${sync.model} has no column ${name}${where}${near ? `; did you mean ${near}?` : '.'}`,
    kept: 'Nothing was sent.',
    next: `It has ${names.join(', ')}.`,
  })
}
