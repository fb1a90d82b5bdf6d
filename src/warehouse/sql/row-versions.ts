/** The mappings under which rows of the snapshot were accepted, as far as they are not the present one. */
import type { DiffRequest } from '../port.ts'
import { snapshotOf } from './diff-rows.ts'
import type { Engine } from './engine.ts'

const isAsked = ({ readVersion, optOuts }: DiffRequest): boolean => readVersion !== undefined && optOuts.length > 0

export type Versions = {
  /** Those that are the present one after all, and itself; null: there is no other. */
  readonly same: readonly string[] | null
  /** For each opt-out those that are not known to have sent it. */
  readonly fresh: readonly (readonly string[])[]
}

/** SQL that gives those of earlier mappings as one text, for `versionsIn`: it goes with what else is asked before a diff. */
export const versionsSql = (db: Engine, request: DiffRequest): string =>
  isAsked(request)
    ? `(SELECT listagg(DISTINCT mapping_version, ' ') FROM ${snapshotOf(db, request)} WHERE mapping_version <> ${db.text(request.mappingVersion)})`
    : `''`

export function versionsIn(text: string | null, request: DiffRequest): Versions {
  const { mappingVersion, readVersion, optOuts } = request
  if (!readVersion || !isAsked(request)) return { same: [mappingVersion], fresh: optOuts.map(() => []) }
  const earlier = (text ?? '').split(' ').filter((version) => version !== '')
  const read = earlier.toSorted().map((version) => ({ version, ...readVersion(version) }))
  // Most often there is one version, and no row has to be asked for its own.
  if (earlier.length === 0) return { same: null, fresh: optOuts.map(() => []) }
  const names = (found: typeof read) => found.map(({ version }) => version)
  return {
    same: [mappingVersion, ...names(read.filter(({ isSame }) => isSame))],
    fresh: optOuts.map((column) => names(read.filter(({ newOptOuts }) => newOptOuts.includes(column)))),
  }
}

export const isOneOf = (db: Engine, versions: readonly string[]): string =>
  `mapping_version ${versions.length === 1 ? '=' : 'IN'} (${versions.map(db.text).join(', ')})`
