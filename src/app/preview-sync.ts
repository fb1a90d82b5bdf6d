import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { ReverseSync } from '../config/project.ts'
import type { RequestPreview } from '../connector/contract.ts'
import type { Change, Fields } from '../model/change.ts'
import { readChanges } from '../reverse-etl/change-spool.ts'
import { compareModel } from '../reverse-etl/compare.ts'
import { resolveMapping } from '../reverse-etl/mapping.ts'
import { batchChanges } from '../reverse-etl/write-batch.ts'
import type { App } from './app.ts'
import { buildModel, modelQuery } from './build-models.ts'
import { openConnection } from './open-connection.ts'
import { maskedFields, personalColumns } from './plan-syncs.ts'
import { newRunId } from './run-id.ts'
import { destinationObject } from './run-reverse-sync.ts'

/** The requests of the next run, exactly, personal data starred out; nothing is sent. */
export async function previewSync(
  app: App,
  sync: ReverseSync,
  options: { readonly limit: number },
): Promise<readonly RequestPreview[]> {
  const runId = newRunId(app.clock.now())
  const directory = await mkdtemp(join(tmpdir(), 'millrace-preview-'))
  const connection = await openConnection(app, sync.destination, runId)
  try {
    const object = await destinationObject(connection, sync, app.signal)
    const compared = await app.warehouse.session(
      { runId, purpose: `preview ${sync.name}`, rehearsal: true },
      async (session) => {
        await buildModel(session, { project: app.project, warehouse: app.warehouse, name: sync.model })
        const model = modelQuery(app.warehouse, sync.model)
        const mapping = resolveMapping(sync, object, await session.describe(model))
        await session.reverse.ensureSnapshot(sync.name, mapping.columns)
        const comparison = await compareModel(session, {
          sync,
          mapping,
          model,
          directory,
          limit: options.limit,
          retriesOnly: false,
        })
        return { comparison, hidden: maskedFields(mapping, personalColumns(app)) }
      },
    )
    const requests: RequestPreview[] = []
    const { path, rows } = compared.comparison.changes
    for await (const item of batchChanges(readChanges(path, rows), object))
      if ('batch' in item) {
        const changes = item.batch.map(({ change }) => maskChange(change, compared.hidden))
        requests.push(...(object.preview?.(changes, { ...sync.options, match: sync.match }) ?? []))
      }
    return requests
  } finally {
    await connection.close()
    await rm(directory, { recursive: true, force: true })
  }
}

function maskChange(change: Change, hidden: ReadonlySet<string>): Change {
  const mask = (fields: Fields): Fields =>
    Object.fromEntries(
      Object.entries(fields).map(([name, value]) => [name, hidden.has(name) && value !== null ? '***' : value]),
    )
  return { ...change, fields: mask(change.fields), previous: change.previous && mask(change.previous) }
}
