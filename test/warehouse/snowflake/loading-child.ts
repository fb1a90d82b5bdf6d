// A process of its own that takes the fence and commits a staged file: `node loading-child.ts ADAPTER LOCATION LOAD`, where
// LOAD is what `Loading` says, as JSON. It stops on SIGTERM.
import type { Table } from '../../../src/model/table.ts'
import { MillraceError } from '../../../src/model/millrace-error.ts'
import type { Scope } from '../../../src/warehouse/port.ts'
import type { OpenWarehouse } from '../workbench.ts'
import { loadStaged } from './load-staged.ts'

export type Loading = {
  readonly scope: Scope
  readonly runId: string
  readonly table: Table
  readonly path: string
  readonly rows: number
  readonly watermark: string
}

const [adapter = '', location = '', load = ''] = process.argv.slice(2)
const { scope, runId, table, path, rows, watermark } = JSON.parse(load) as Loading // what the test gave
const { open } = (await import(adapter)) as { readonly open: OpenWarehouse } // an adapter of this folder
const { warehouse, close } = open(location)
const stop = new AbortController()
process.once('SIGTERM', () => stop.abort())
await warehouse
  .session({ runId, purpose: 'load', signal: stop.signal }, async (session) => {
    await session.ensureTable(table, 'evolve')
    const { previous: _previous, ...fence } = await session.state.takeFence(scope, runId)
    process.stdout.write(`fence ${fence.epoch}\n`)
    await loadStaged(session, { fence, table, path, rows, watermark })
  })
  .then(
    () => process.stdout.write('committed\n'),
    (error: unknown) => process.stdout.write(`${error instanceof MillraceError ? error.code : String(error)}\n`),
  )
await close()
