import { mkdtempSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, it } from 'vitest'
import { openDuckDBWarehouse } from '../../../src/warehouse/duckdb/warehouse.ts'

it.each([
  [8192, 1, 625],
  [8192, 300, 2],
  [60, 1, 32_768],
])(
  '%i rows that have changed, of %i columns of %i hashes, leave a warehouse with the memory that a project has by itself, opt-outs first',
  async (rows, width, hashes) => {
    const texts = Array.from({ length: width }, (_, index) => `text_${index}`)
    const columns = [
      { name: 'id', type: 'string' },
      ...texts.map((name) => ({ name, type: 'string' }) as const),
      { name: 'opted_out', type: 'boolean' },
    ] as const
    const warehouse = openDuckDBWarehouse({
      path: join(mkdtempSync(join(tmpdir(), 'wide-')), 'warehouse.duckdb'),
      // The default of `memory_limit`.
      memoryLimit: '1GB',
      threads: 2,
      inTurn: (_request, work) => work(),
    })
    try {
      await warehouse.session({ runId: 'r1', purpose: 'test' }, async ({ query, reverse }) => {
        const run = async (sql: string) => {
          for await (const _rows of query(sql));
        }
        const made = (seed: string) =>
          texts.map((name) => `repeat(md5('${seed} ${name}' || i), ${hashes}) AS ${name}`).join(', ')
        await reverse.ensureSnapshot('wide', columns)
        await run(
          `CREATE TABLE mails AS SELECT i::VARCHAR AS id, ${made('new')}, i % 2000 = 7 AS opted_out FROM range(${rows}) t(i)`,
        )
        await run(
          `INSERT INTO _millrace.snapshot_wide (key, state, payload_hash, mapping_version, accepted_at, run_id, ${columns.map(({ name }) => `v_${name}`).join(', ')}) ` +
            `SELECT i::VARCHAR, 'accepted', 'h', 'v1', now(), 'r0', i::VARCHAR, ${made('old')}, false FROM range(${rows}) t(i)`,
        )
        const counts = await reverse.diff({
          sync: 'wide',
          model: 'SELECT * FROM mails',
          key: [{ column: 'id', normalise: 'exact' }],
          columns,
          optOuts: ['opted_out'],
          mappingVersion: 'v1',
          retriesOnly: false,
          removalsFirst: false,
        })
        const keys: string[] = []
        for await (const candidates of reverse.candidates())
          for (const { key, values, previous } of candidates) {
            keys.push(key)
            if (values?.['text_0']?.length !== 32 * hashes || previous?.['text_0'] === values['text_0'])
              keys.push(`${key}: other`)
          }
        const byKey = Array.from({ length: rows }, (_, index) => String(index)).toSorted()
        const isOut = (key: string) => Number(key) % 2000 === 7
        expect(counts.changed).toBe(rows)
        expect(keys).toEqual([...byKey.filter(isOut), ...byKey.filter((key) => !isOut(key))])
      })
    } finally {
      await warehouse.close()
    }
  },
  120_000,
)
