/** What a mask of a stream masks of the rows of its field history. */
import type { StreamConfig } from '../config/project.ts'
import type { FieldHistory, Stream } from '../connector/contract.ts'
import type { Masks } from '../model/cursor.ts'
import { ownMember } from '../model/own-member.ts'
import type { StagedColumn } from '../staging/staged-column.ts'

export type HistoryMasks = {
  readonly columns: readonly string[]
  readonly by: NonNullable<StagedColumn['maskBy']>
}

/** What is masked of a stream is masked in the old and new values of its history, too. */
export function historyMasks({ history }: Stream, wanted: ReadonlyMap<string, StreamConfig>): HistoryMasks | undefined {
  const mask = history && wanted.get(history.of)?.mask
  if (!mask || Object.keys(mask).length === 0) return undefined
  const masks = Object.entries(mask).flatMap(([field, how]) =>
    namesIn(history, field).map((name) => [name, how] as const),
  )
  return { columns: [history.from, history.to], by: { field: history.field, masks: Object.fromEntries(masks) } }
}

/** A record whose key is masked is known by the same hash in its history. */
export function recordMask(
  { history }: Stream,
  { wanted, streams }: { readonly wanted: ReadonlyMap<string, StreamConfig>; readonly streams: readonly Stream[] },
): StreamConfig['mask'] {
  const parent = streams.find(({ name }) => name === history?.of)
  const mask = wanted.get(parent?.name ?? '')?.mask[parent?.key[0] ?? '']
  return history && mask ? { [history.record]: mask } : {}
}

/** How old and new values are masked, by the object's own names of the fields that they are of. */
export function valueMasks(history: FieldHistory, columns: readonly StagedColumn[]): Masks {
  const { tracked, names = {}, otherNames = {} } = history
  const fieldNamed = (name: string): string => {
    const spelled = ownMember(otherNames, name) ?? name
    return ownMember(tracked, spelled) ?? ownMember(names, spelled) ?? spelled
  }
  return Object.fromEntries(
    columns.flatMap(({ maskBy }) =>
      Object.entries(maskBy?.masks ?? {}).map(([name, how]) => [fieldNamed(name), how] as const),
    ),
  )
}

/** All that the rows may call a field. */
export function namesIn({ tracked, names = {}, otherNames = {} }: FieldHistory, field: string): readonly string[] {
  const own = [field, ...keysOf({ ...tracked, ...names }, [field])]
  return [...own, ...keysOf(otherNames, own)]
}

const keysOf = (record: { readonly [name: string]: string }, values: readonly string[]): readonly string[] =>
  Object.entries(record).flatMap(([name, value]) => (values.includes(value) ? [name] : []))
