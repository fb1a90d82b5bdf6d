/** Days that a checkpoint says were read whole: what is stored of them and did not come is deleted by its word. */
import type { Stream } from './contract.ts'
import { isDay } from './instant-text.ts'
import { textOf } from './text-of.ts'

/** What is wrong with the `windows` of a checkpoint; null: nothing. */
export function windowsFlaw(checkpoint: object, { name, reportsDays, windowOf = [] }: Stream): string | null {
  const { windows } = checkpoint as { readonly windows?: unknown } // checked here
  if (windows === undefined || windows === null) return null
  if (!Array.isArray(windows)) return `the \`windows\` of a checkpoint are no list, but ${textOf(windows)}`
  if (windows.length > 0 && reportsDays !== true)
    return `a checkpoint has \`windows\`, and ${name} does not say \`reportsDays\``
  for (const window of windows) {
    const flaw = windowFlaw(window, windowOf)
    if (flaw !== null) return `a window of a checkpoint ${flaw}`
  }
  return null
}

function windowFlaw(window: unknown, windowOf: readonly string[]): string | null {
  const { from, to, of } = Object(window) as { readonly [member: string]: unknown } // the same
  for (const [member, day] of Object.entries({ from, to }))
    if (!isDay(day)) return `has in \`${member}\` ${textOf(day)}, which is no day as text (2026-11-20)`
  if (String(from) > String(to)) return `goes from ${textOf(from)} to ${textOf(to)}, which is before it`
  const scope: readonly (readonly [string, unknown])[] = Object.entries(Object(of))
  // Windows of one commit are taken together: of other fields, one would be taken for all rows of its days.
  const fields = (names: readonly string[]) => names.toSorted().join(', ') || 'nothing'
  const own = fields(scope.map(([field]) => field))
  if (own !== fields(windowOf)) return `is \`of\` ${own}, and \`windowOf\` of the stream names ${fields(windowOf)}`
  const odd = scope.find(([, value]) => typeof value !== 'string')
  return odd ? `is of ${odd[0]} ${textOf(odd[1])} (${typeof odd[1]}), which is no text` : null
}
