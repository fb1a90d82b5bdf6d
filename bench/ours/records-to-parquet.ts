/** Ours: records spooled as they come, typed strictly and staged as Parquet, in chunks as a load into Snowflake has them. */
import '@duckdb/node-api'
import { mkdir, rename } from 'node:fs/promises'
import { join } from 'node:path'
import { setImmediate } from 'node:timers/promises'
import { defaultStageBytes } from '../../src/etl/context.ts'
import { openChunk, type SpooledChunk } from '../../src/staging/spool.ts'
import { stageChunk, type StageRequest } from '../../src/staging/stage-chunk.ts'
import { openWorkbench } from '../../src/staging/workbench.ts'
import { snowflakeParquet } from '../../src/warehouse/snowflake/parquet/style.ts'
import { withLargeFiles } from '../../src/warehouse/snowflake/parquet/large-files.ts'
import { readArguments, report } from '../report.ts'
import { tenColumnPages } from '../ten-columns.ts'

const { directory, rows } = readArguments<{ readonly directory: string; readonly rows: number }>()

const columns: StageRequest['columns'] = [
  { field: 'id', column: 'id', type: 'integer' },
  { field: 'name', column: 'name', type: 'string' },
  { field: 'email', column: 'email', type: 'string' },
  { field: 'country', column: 'country', type: 'string' },
  { field: 'amount', column: 'amount', type: 'decimal(18,2)' },
  { field: 'score', column: 'score', type: 'double' },
  { field: 'active', column: 'active', type: 'boolean' },
  { field: 'born', column: 'born', type: 'date' },
  { field: 'created_at', column: 'created_at', type: 'timestamp' },
  { field: 'visits', column: 'visits', type: 'integer' },
]

const began = performance.now()
const readAt = new Date('2026-11-20T10:00:00.000Z')
const workbench = openWorkbench(join(directory, 'spill'))
const parts: string[] = []
let opened = 0
let staging: Promise<void> = Promise.resolve()
const open = () => openChunk(join(directory, `spool-${String(opened++)}`))
let chunk = open()
/** As a run does it: what is spooled is staged while the next records come. */
const handOver = async () => {
  await staging
  const spooled = chunk.chunk(chunk.mark())
  staging = stage(spooled, join(directory, `staged-${String(opened)}`))
  chunk = open()
}
for (const records of tenColumnPages(rows)) {
  await chunk.add({ kind: 'records', records }, readAt)
  // As a source waits for its next page: what is staged beside it goes on.
  await setImmediate()
  if (chunk.size().bytes >= defaultStageBytes) await handOver()
}
await handOver()
await staging
await workbench.close()
const path = join(directory, 'ours.parquet')
await withLargeFiles(parts, ([file = '']) => rename(file, path))
const seconds = (performance.now() - began) / 1000
report({ seconds, path })

async function stage(spooled: SpooledChunk, into: string): Promise<void> {
  if (spooled.rows === 0) return
  await mkdir(into)
  const staged = await stageChunk(
    {
      chunk: spooled,
      directory: into,
      columns,
      key: ['id'],
      version: null,
      deletedWhen: null,
      pii: [],
      derived: false,
      memoryLimit: '1GB',
      parquet: snowflakeParquet,
    },
    workbench,
  )
  if (staged.path === null || staged.counts.rejected > 0) throw new Error(`Staged: ${JSON.stringify(staged.counts)}.`)
  parts.push(staged.path)
}
