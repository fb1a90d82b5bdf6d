/** Runs of a made-up history: what happens at the vendor while they read, and how they end. */
import { MillraceError } from '../../src/model/millrace-error.ts'
import type { Vendor } from './vendor.ts'
import type { RunOptions } from './world.ts'

export type Interruption<Edit> = {
  /** One at each page from the second on. */
  readonly meanwhile: readonly Edit[]
  readonly end: 'whole' | 'page fails' | 'aborted' | 'stopped'
  /** The page at which; of an abort so many times `eventsAtOnce` events. */
  readonly when: number
}

/** Only what an abort throws is passed over. */
export async function interrupted<Edit>(
  vendor: Vendor,
  { meanwhile, end, when }: Interruption<Edit>,
  { apply, eventsAtOnce }: { readonly apply: (vendor: Vendor, edit: Edit) => void; readonly eventsAtOnce: number },
  run: (options: RunOptions) => Promise<unknown>,
): Promise<void> {
  const stop = new AbortController()
  let asked = 0
  let events = 0
  vendor.onPage = () => {
    asked++
    const change = meanwhile[asked - 2]
    if (change) apply(vendor, change)
    if (end === 'page fails' && asked === when) throw new MillraceError('MR-3003', { message: 'the page fails' })
  }
  try {
    await run({
      signal: stop.signal,
      isStopping: () => end === 'stopped' && asked >= when,
      onEvent: () => {
        if (end === 'aborted' && ++events === when * eventsAtOnce) stop.abort()
      },
    })
  } catch (error) {
    if (!stop.signal.aborted) throw error
  } finally {
    vendor.onPage = () => undefined
  }
}

/** What lives at the vendor, as texts: of each person the id and these fields, and their items. */
export function held(vendor: Vendor, fields: readonly string[]) {
  const live = [...vendor.people.values()].filter(({ deleted }) => !deleted).sort((a, b) => a.id - b.id)
  return {
    people: live.map((person) => [person.id, ...fields.map((field) => String(person[field]))].join(' ')),
    items: live.flatMap((person) => person.items.map((item) => `${person.id}-${item}`)).sort(),
  }
}
