/** Names of the project that may stand at a place of the command line, from its files alone: no connection is asked. */
import type { Project, Sync } from '../config/project.ts'
import { errorCatalogue } from '../model/error-catalogue.ts'
import { completionScripts } from './completion-scripts.ts'

/** What stands at a place; null: nothing that is known (an id, a number, a text). */
export type NameKind = keyof typeof byProject | 'fault' | 'code' | 'shell' | 'warehouse' | 'files' | 'directories'

export type Candidate = { readonly value: string; readonly says?: string }

/** `before`: the arguments before this one. `project` is read only where its names are wanted. */
export async function namesOf(
  kind: NameKind,
  { before, project }: { readonly before: readonly string[]; readonly project: () => Promise<Project> },
): Promise<readonly Candidate[]> {
  if (kind === 'files' || kind === 'directories') return [{ value: `:${kind}` }]
  if (kind === 'shell') return Object.keys(completionScripts).map((value) => ({ value }))
  if (kind === 'warehouse') return [{ value: 'snowflake' }]
  if (kind === 'code') return Object.entries(errorCatalogue).map(([value, { title }]) => ({ value, says: title }))
  if (kind === 'fault' && before.length > 0) return before.length > 1 ? [] : faults()
  return byProject[kind === 'fault' ? 'connector' : kind](await project(), before).filter(({ value }) =>
    isPlain.test(value),
  )
}

/** After the vendor. */
async function faults(): Promise<readonly Candidate[]> {
  const { knownFaults } = await import('../app/command-sandbox.ts')
  return Object.entries(knownFaults).map(([value, { does }]) => ({ value, says: does }))
}

type List = (project: Project, before: readonly string[]) => readonly Candidate[]

const byProject = {
  sync: ({ syncs }) => syncs.map(named),
  etl: ({ syncs }) => syncs.filter(({ kind }) => kind === 'etl').map(named),
  reverse: ({ syncs }) => syncs.filter(({ kind }) => kind === 'reverse_etl').map(named),
  select: ({ syncs }) => [...syncs.map(named), ...groupsOf(syncs)],
  connection: ({ connections }) =>
    Object.values(connections).map(({ name, connector }) => ({ value: name, says: connector })),
  connector: ({ connections }) => unique(Object.values(connections).map(({ connector }) => connector)),
  target: ({ targets }) => Object.keys(targets).map((value) => ({ value })),
  schedule: ({ schedules }) => Object.keys(schedules['schedules'] ?? {}).map((value) => ({ value })),
  /** Of the sync that was named, as its file names them. */
  stream: ({ syncs }, [name]) => streamsOf(syncs.filter((sync) => sync.name === name)),
  /** Of the syncs that read or write the connection that was named. */
  collection: ({ syncs }, [name]) => [
    ...streamsOf(syncs.filter((sync) => sync.kind === 'etl' && sync.source === name)),
    ...unique(syncs.flatMap((sync) => (sync.kind === 'reverse_etl' && sync.destination === name ? [sync.object] : []))),
  ],
} as const satisfies { readonly [kind: string]: List }

const named = (sync: Sync): Candidate => ({
  value: sync.name,
  says: sync.kind === 'etl' ? `from ${sync.source}` : `to ${sync.destination}`,
})

const groupsOf = (syncs: readonly Sync[]): readonly Candidate[] =>
  unique([
    ...syncs.flatMap(({ tags }) => tags.map((tag) => `tag:${tag}`)),
    ...syncs.map((sync) => (sync.kind === 'etl' ? `source:${sync.source}` : `destination:${sync.destination}`)),
  ])

const streamsOf = (syncs: readonly Sync[]): readonly Candidate[] =>
  unique(syncs.flatMap((sync) => (sync.kind === 'etl' ? sync.streams.map(({ name }) => name) : [])))

const unique = (values: readonly string[]): readonly Candidate[] => [...new Set(values)].map((value) => ({ value }))

/** A glob is no name, and what a shell would have to quote is left to be typed. */
const isPlain = /^[\p{L}\p{N}_.:@-]+$/u
