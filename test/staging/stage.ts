import { mkdirSync, mkdtempSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { openDatabase } from '../../src/duckdb/open-database.ts'
import type { TextRow } from '../../src/model/text-row.ts'
import type { LogicalType } from '../../src/model/logical-type.ts'
import { openChunk, type SpooledBatch } from '../../src/staging/spool.ts'
import { stageChunk, type Staged, type StageRequest } from '../../src/staging/stage-chunk.ts'
import { openWorkbench } from '../../src/staging/workbench.ts'
import { duckdbParquet } from '../../src/warehouse/duckdb/parquet-style.ts'

export const readAt = new Date('2026-11-20T09:55:00.123Z')

export type StagedBatches = {
  readonly staged: Staged
  readonly rows: readonly TextRow[]
  readonly rejects: readonly TextRow[]
  readonly tombstones: readonly TextRow[]
}

/** Spools the batches, stages them, and reads what came out; columns are named as their fields. */
export async function stageBatches(
  batches: readonly SpooledBatch[],
  types: { readonly [field: string]: LogicalType },
  rest: Partial<StageRequest> = {},
): Promise<StagedBatches> {
  const directory = mkdtempSync(join(tmpdir(), 'stage-'))
  const writer = openChunk(join(directory, 'chunk'))
  for (const batch of batches) await writer.add(batch, readAt)
  const out = join(directory, 'out')
  mkdirSync(out)
  const workbench = openWorkbench(directory)
  const staged = await stageChunk(
    {
      chunk: writer.chunk(),
      directory: out,
      columns: Object.entries(types).map(([field, type]) => ({ field, column: field, type })),
      key: ['id'],
      version: null,
      deletedWhen: null,
      pii: [],
      derived: false,
      memoryLimit: '500MB',
      parquet: duckdbParquet,
      ...rest,
    },
    workbench,
  )
  await workbench.close()
  const [rows, rejects, tombstones] = await Promise.all([staged.path, staged.rejects, staged.tombstones].map(rowsOf))
  return { staged, rows: rows ?? [], rejects: rejects ?? [], tombstones: tombstones ?? [] }
}

export const lines = (...texts: readonly string[]): SpooledBatch => ({
  kind: 'lines',
  lines: Buffer.from(texts.map((text) => `${text}\n`).join('')),
  rows: texts.length,
})

async function rowsOf(path: string | null): Promise<readonly TextRow[]> {
  if (path === null) return []
  const db = await openDatabase({ path: ':memory:', memoryLimit: '500MB', spillDirectory: tmpdir(), threads: 1 })
  try {
    return await db.rows(`SELECT * FROM read_parquet('${path}') ORDER BY 1`)
  } finally {
    db.close()
  }
}
