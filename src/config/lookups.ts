import type { MappedPart, Mapping, ModelLookup } from './project.ts'

/** The lookups of a map in other models, each once. */
export function lookupsOf(map: readonly Mapping[]): readonly ModelLookup[] {
  const found = map.flatMap((mapping) => (mapping.kind === 'opt_out' ? [] : lookupsIn(mapping)))
  return [...new Map(found.map((lookup) => [lookupColumns(lookup).value, lookup])).values()]
}

/** What a lookup adds to the model's columns; the snapshot keeps them under these names. */
export function lookupColumns({ model, by, column }: ModelLookup): {
  readonly value: string
  readonly matches: string
} {
  const pairs = by.map(({ ours, theirs }) => (ours === theirs ? ours : `${ours}=${theirs}`))
  const value = `${model}.${column} by ${pairs.join(', ')}`.toLowerCase()
  return { value, matches: `${value}: matches` }
}

function lookupsIn(part: MappedPart): readonly ModelLookup[] {
  if (part.kind === 'lookup') return [part.lookup]
  if (part.kind === 'object') return Object.values(part.parts).flatMap(lookupsIn)
  return part.kind === 'array' ? part.items.flatMap(lookupsIn) : []
}
