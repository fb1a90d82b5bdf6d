/** Ours: records spooled as they come, typed strictly and staged as Parquet, in chunks as a load into Snowflake has them. */
import '@duckdb/node-api'
import { rm } from 'node:fs/promises'
import { join } from 'node:path'
import { openChunk } from '../../src/staging/spool.ts'
import { stageChunk, type StageRequest } from '../../src/staging/stage-chunk.ts'
import { openWorkbench } from '../../src/staging/workbench.ts'
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
const chunk = openChunk(join(directory, 'spool'))
for (const records of tenColumnPages(rows)) await chunk.add({ kind: 'records', records }, readAt)
const workbench = openWorkbench(join(directory, 'spill'))
const staged = await stageChunk(
  {
    chunk: chunk.chunk(chunk.mark()),
    directory,
    columns,
    key: ['id'],
    version: null,
    deletedWhen: null,
    pii: [],
    derived: false,
    memoryLimit: '1GB',
    jsonAsText: true,
  },
  workbench,
)
await workbench.close()
const seconds = (performance.now() - began) / 1000
await rm(join(directory, 'spool'), { recursive: true, force: true })
if (staged.counts.read !== rows || staged.counts.rejected > 0)
  throw new Error(`Staged: ${JSON.stringify(staged.counts)}.`)
report({ seconds, path: staged.path })
