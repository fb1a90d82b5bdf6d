import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { ReverseSync } from '../config/project.ts'
import type { RequestPreview } from '../connector/destination.ts'
import type { Change } from '../model/change.ts'
import type { Json } from '../model/json.ts'
import { stars } from '../model/mask.ts'
import { MillraceError } from '../model/millrace-error.ts'
import { readChanges } from '../reverse-etl/change-spool.ts'
import { optOutFields } from '../reverse-etl/opt-out-alone.ts'
import { fold, personalFields, valuesOf } from '../reverse-etl/personal-values.ts'
import { aloneOf } from '../reverse-etl/write-and-check.ts'
import { batchChanges } from '../reverse-etl/write-batch.ts'
import type { App } from './app.ts'
import { sayingWhatToLoad } from './how-to-load.ts'
import { openConnection } from './open-connection.ts'
import { rehearseRun } from './rehearse-run.ts'
import { newRunId } from './run-id.ts'
import { destinationObject } from './run-reverse-sync.ts'

/** The requests of the next run, exactly, personal data starred out; nothing is sent, and no guard is asked. */
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
    // Types of a connector of one's own are not checked when it runs.
    if (typeof object.preview !== 'function')
      throw new MillraceError('MR-1401', {
        message: `${object.name} declares no preview: what its write would send is not known.`,
        kept: 'Nothing was sent.',
        next: `millrace sync plan ${sync.name}   shows what would go`,
      })
    const { mapping, comparison } = await sayingWhatToLoad(app, sync, () =>
      app.warehouse.session({ runId, purpose: `preview ${sync.name}`, rehearsal: true }, (session) =>
        rehearseRun(app, session, { sync, object, directory, limit: options.limit, endsAtLimit: true }),
      ),
    )
    const requests: RequestPreview[] = []
    const hidden = personalFields(mapping)
    const { path, rows, optOuts } = comparison.changes
    const delivery = { object, identity: mapping.identity, optOuts: optOutFields(mapping) }
    for await (const item of batchChanges(readChanges(path, rows), object, { first: optOuts })) {
      const alone = 'oversized' in item ? aloneOf(item, delivery) : undefined
      const batch = 'batch' in item ? item.batch : alone ? [alone] : []
      if (batch.length === 0) continue
      // Masked afterwards: a connector refuses an e-mail address of three stars.
      const changes = batch.map(({ change }) => change)
      const previewed = object.preview(changes, { ...sync.options, match: sync.match })
      requests.push(...previewed.map((request) => maskRequest(request, changes, hidden)))
    }
    return requests
  } finally {
    await connection.close()
    await rm(directory, { recursive: true, force: true })
  }
}

/** Stars in place of what stands under a personal field's name, and of its value wherever else the connector put it. */
function maskRequest(request: RequestPreview, changes: readonly Change[], hidden: ReadonlySet<string>): RequestPreview {
  const personal = new Set(valuesOf(changes, hidden))
  const mask = (value: Json): Json => {
    if (isList(value)) return value.map(mask)
    if (typeof value === 'object' && value !== null)
      return Object.fromEntries(
        Object.entries(value).map(([name, part]) => [name, hidden.has(name) && part !== null ? stars : mask(part)]),
      )
    return value !== null && typeof value !== 'boolean' && personal.has(fold(value)) ? stars : value
  }
  const encoded = new Set([...personal].map((value) => fold(encodeURIComponent(value))))
  const path = request.path
    .split(/([/?&=])/)
    .map((part) => (personal.has(fold(part)) || encoded.has(fold(part)) ? stars : part))
    .join('')
  return { ...request, path, body: mask(request.body) }
}

const isList = (value: Json): value is readonly Json[] => Array.isArray(value)
