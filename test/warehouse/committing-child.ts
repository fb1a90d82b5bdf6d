// A process of its own that takes the fence, says so, and commits its run id as a mark of the cursor when told to:
// `node committing-child.ts ADAPTER LOCATION RUN`.
import { MillraceError } from '../../src/model/millrace-error.ts'
import type { OpenWarehouse } from './workbench.ts'

const [adapter = '', location = '', runId = ''] = process.argv.slice(2)
const { open } = (await import(adapter)) as { readonly open: OpenWarehouse } // an adapter of this folder
const { warehouse, close } = open(location)
const say = (line: string) => process.stdout.write(`${line}\n`)

const fence = await warehouse.session({ runId, purpose: 'begin' }, ({ state }) =>
  state.takeFence({ sync: 'crm', stream: 'people', partition: '' }, runId),
)
say(`fence ${fence.epoch}`)
await new Promise<void>((resolve) => process.stdin.once('data', () => resolve()))
const cursor = { cursor: { watermark: null, scan: null, marks: { last: runId } }, connector: 'test', version: 1 }
await warehouse
  .session({ runId, purpose: 'commit' }, ({ etl }) => etl.commit({ fence, sequence: 1, writes: [], cursor }))
  .then(
    () => say('committed'),
    (error: unknown) => say(error instanceof MillraceError ? error.code : String(error)),
  )
await close()
process.exit(0)
