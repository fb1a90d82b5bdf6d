/** Options that an ETL sync gives to all its streams are meant for those that know them; those of one stream, for it. */
import type { JsonObject } from './json.ts'

type Given = { readonly options: JsonObject; readonly ownOptions: readonly string[] }

/** What a stream that knows the options `known` gets: its own, which may be wrong, and what it knows of the sync's. */
export const meantOptions = ({ options, ownOptions }: Given, known: readonly string[]): JsonObject =>
  Object.fromEntries(Object.entries(options).filter(([name]) => known.includes(name) || ownOptions.includes(name)))

/** The sync's options that no stream knows. */
export const idleOptions = (shared: JsonObject, known: readonly string[]): readonly string[] =>
  Object.keys(shared).filter((name) => !known.includes(name))
