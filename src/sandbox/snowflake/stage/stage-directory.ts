/** Where a stage's files lie. Table stages belong to their table, @~ to the user, others are made by CREATE STAGE. */
import { createHash } from 'node:crypto'
import { rmSync } from 'node:fs'
import { join } from 'node:path'
import { checkObject, checkSeen, checkTable } from '../account/check-rights.ts'
import { findRelation } from '../run/sql-context.ts'
import { keyOf, kindOf, seenKey, type CatalogObject } from '../run/catalog.ts'
import { stageMissing } from '../run/failures.ts'
import type { RunContext } from '../run/run-statement.ts'
import type { Service } from '../service.ts'
import type { Session } from '../session/session.ts'
import { shownName } from '../sql/names.ts'
import { objectMissing } from '../sql/snowflake-error.ts'
import type { StagePath } from '../sql/statement.ts'
import { forgetInboxes } from './stage-files.ts'

export type Stage = {
  readonly key: string
  readonly directory: string
  /** What LIST puts before a file's name: named stages only. */
  readonly prefix: string
  /** Of CREATE STAGE: its file format. */
  readonly options: Readonly<Record<string, string>>
}

/** @throws SnowflakeError where there is no such stage, or not for this role */
export function findStage(context: RunContext, { kind, name }: StagePath, access: 'READ' | 'WRITE'): Stage {
  const { service, session } = context
  if (kind === 'user' || !name) return stage(service, JSON.stringify(['user', session.user]), '', {})
  if (kind === 'table') {
    const table = findRelation(context, name)
    if (!table || table.kind !== 'table') throw objectMissing(shownName(name), 'Table')
    // https://docs.snowflake.com/en/user-guide/data-load-local-file-system-create-stage#table-stages: the owner's alone.
    checkTable(context, name, ['OWNERSHIP'])
    return stage(service, seenKey(session, 'relation', name), '', {})
  }
  const own = session.temporary.get(keyOf('stage', name))
  const found = own ?? service.catalog.get('stage', name)
  if (!found) throw stageMissing(name)
  if (!own) {
    checkSeen(context, name)
    checkObject(context, [access], 'STAGE', name)
  }
  return stage(service, seenKey(session, 'stage', name), `${name.name.toLowerCase()}/`, found.options)
}

function stage(service: Service, key: string, prefix: string, options: Stage['options']): Stage {
  // Names may be longer than the file system takes.
  const folder = createHash('sha256').update(key).digest('hex').slice(0, 40)
  return { key, directory: join(service.directory, 'stages', folder), prefix, options }
}

/** The files of a stage go with the stage, or with its table. `owner`: of a temporary one. */
export function forgetStage(service: Service, { kind, name }: CatalogObject, owner: Session | null): void {
  if (kind !== 'table' && kind !== 'stage') return
  const key = keyOf(kindOf({ kind }), name)
  const { directory } = stage(service, owner ? `${owner.id}${key}` : key, '', {})
  forgetInboxes(service, directory)
  rmSync(directory, { recursive: true, force: true })
}
