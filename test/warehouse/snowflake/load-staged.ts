import type { Table } from '../../../src/model/table.ts'
import type { Fence, Session } from '../../../src/warehouse/port.ts'
import type { WriteCounts } from '../../../src/warehouse/table-write.ts'

/** One merge of one staged file, into a table that stands. */
export function loadStaged(
  { etl }: Session,
  load: {
    readonly fence: Fence
    readonly table: Table
    readonly path: string | null
    readonly rows: number
    readonly watermark: string | null
  },
): Promise<readonly WriteCounts[]> {
  const { fence, table, path, rows, watermark } = load
  const counts = { read: rows, derived: 0, duplicates: 0, filtered: 0, rejected: 0 }
  return etl.commit({
    fence,
    sequence: 1,
    cursor: watermark === null ? null : { cursor: { watermark, scan: null }, connector: 'test', version: 1 },
    writes: [
      {
        stream: fence.stream,
        table,
        key: ['id'],
        staged: [{ path, tombstones: null, rejects: null, counts }],
        mode: 'merge',
        touchUnchanged: false,
        sweep: null,
        syncedAt: '2026-11-20T10:59:00.000Z',
      },
    ],
  })
}
