/**
 * A view keeps the columns of the day on which it was made. When it is read, its query is compiled anew, and has to give them
 * still. Which changes of a type Snowflake lets pass is from memory: longer texts and more digits, and no other.
 */
import { compilationError } from './snowflake-error.ts'
import { isAlike, readType } from './data-type.ts'
import { shownName } from './names.ts'
import type { Column, ObjectName } from './statement.ts'
import type { Place } from './snowflake-error.ts'

export function checkView(
  name: ObjectName,
  {
    declared,
    now,
    place,
  }: { readonly declared: readonly Column[]; readonly now: readonly Column[]; readonly place: Place },
): void {
  if (now.length !== declared.length)
    throw compilationError(
      '002057',
      '42601',
      `View definition for '${shownName(name)}' declared ${declared.length} column(s), but view query produces ${now.length} column(s).`,
    )
  if (declared.every((column, index) => isSame(column, now[index]))) return
  throw compilationError(
    '002334',
    '42601',
    `View columns mismatch with view definition for view '${shownName(name)}' at line ${place.line}, position ${place.position}, please re-create the view`,
  )
}

function isSame(declared: Column, now: Column | undefined): boolean {
  return now?.name === declared.name && isAlike(readType(declared.type), readType(now.type))
}
