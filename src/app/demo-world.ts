/** What the demo needs beside ordinary runs: a fresh start, and questions to warehouse and vendor. Sandbox targets only. */
import { rm } from 'node:fs/promises'
import type { ReverseSync } from '../config/project.ts'
import { fieldHistoryName, toSnake } from '../model/column-name.ts'
import type { JsonObject } from '../model/json.ts'
import { MillraceError } from '../model/millrace-error.ts'
import type { TextRow } from '../warehouse/port.ts'
import type { App } from './app.ts'
import { newRunId } from './run-id.ts'

/**
 * A new world, and an empty warehouse for it. Answers the files that are gone.
 * @throws MillraceError MR-4001 while a run is on, MR-4002 on a target that is not a sandbox
 */
export async function makeFreshWorld(app: App): Promise<readonly string[]> {
  const { target } = app
  if (!target.sandbox)
    throw new MillraceError('MR-4002', {
      message: `The demo makes a new world, and ${target.name} is no sandbox.`,
      kept: 'Nothing was run.',
      next: 'millrace demo --target <a target with  sandbox: true>',
    })
  const running = (await app.store.runs({ status: 'running' })).find((run) => run.alive && run.target === target.name)
  if (running)
    throw new MillraceError('MR-4001', {
      message: `The demo makes a new world, and run ${running.run_id} of ${running.sync} (pid ${running.process.pid}) is still in the old one.`,
      kept: 'Nothing was run.',
      next: 'millrace demo   again when it is done',
    })
  const sandbox = await app.sandbox()
  await sandbox.reset()
  const { warehouse } = target
  if (warehouse.type === 'snowflake') await sandbox.snowflake(true)
  const files = warehouse.type === 'duckdb' ? [warehouse.path, `${warehouse.path}.wal`] : []
  for (const gone of [...files, app.spoolDir]) await rm(gone, { recursive: true, force: true })
  return [app.warehouse.place, app.spoolDir]
}

/** The rows of a small query; none where one of its tables is not there. */
export async function askWarehouse(app: App, sql: string): Promise<readonly TextRow[]> {
  const runId = newRunId(app.clock.now())
  try {
    return await app.warehouse.session({ runId, purpose: 'demo', rehearsal: true }, async (session) => {
      const found: TextRow[] = []
      for await (const rows of session.query(sql)) found.push(...rows)
      return found
    })
  } catch (error) {
    if (error instanceof MillraceError && /does not exist/.test(error.message)) return []
    throw error
  }
}

/** A sync that tells people's opt-outs to a vendor whose simulator holds them. */
export type OptOutSync = {
  readonly sync: ReverseSync
  readonly connector: string
  /** Model column of the key that is matched. */
  readonly key: string
  readonly mappings: readonly { readonly column: string; readonly field: string; readonly out: JsonObject[string] }[]
}

export function findOptOutSync({ project }: Pick<App, 'project'>, connector: string): OptOutSync | undefined {
  return project.syncs.flatMap((sync): readonly OptOutSync[] => {
    if (sync.kind !== 'reverse_etl' || project.connections[sync.destination]?.connector !== connector) return []
    const match = sync.map.find((mapping) => mapping.field === sync.match)
    const mappings = sync.map.flatMap((mapping) =>
      mapping.kind === 'opt_out' ? [{ column: mapping.column, field: mapping.field, out: mapping.out }] : [],
    )
    return match?.kind === 'column' && mappings.length > 0 ? [{ sync, connector, key: match.column, mappings }] : []
  })[0]
}

/** Views of field history that a project builds: the stream → `schema.view`, quoted. */
export function fieldHistoryView(
  app: App,
  stream: string,
): { readonly schema: string; readonly name: string } | undefined {
  for (const sync of app.project.syncs)
    if (sync.kind === 'etl' && sync.streams.some((each) => each.name === stream && each.fieldHistory))
      return { schema: sync.schema, name: fieldHistoryName(toSnake(stream)) }
  return undefined
}
