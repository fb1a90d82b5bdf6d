/** Ours: one commit as a run makes it, from opening the warehouse to having closed it: fence, comparison, merge, cursor, ledger. */
import '@duckdb/node-api'
import { readArguments, report } from '../report.ts'
import { contactsScope, contactsTable } from './contacts-table.ts'
import { openBenchWarehouse } from './people-diff.ts'

const { file, staged } = readArguments<{ readonly file: string; readonly staged: string }>()

const warehouse = openBenchWarehouse(file)
const { previous: _previous, ...fence } = await warehouse.session({ runId: 'bench', purpose: 'begin' }, (session) =>
  session.state.takeFence(contactsScope, 'bench'),
)
const began = performance.now()
const [counts] = await warehouse.session({ runId: 'bench', purpose: 'commit' }, (session) =>
  session.etl.commit({
    fence,
    sequence: 1,
    writes: [
      {
        stream: 'contacts',
        table: contactsTable,
        key: ['id'],
        staged: [
          {
            path: staged,
            tombstones: null,
            rejects: null,
            counts: { read: 100_000, derived: 0, duplicates: 0, filtered: 0, rejected: 0 },
          },
        ],
        mode: 'merge',
        touchUnchanged: false,
        sweep: null,
        syncedAt: '2026-11-02T00:00:01.000Z',
      },
    ],
    cursor: { cursor: { watermark: null, scan: null }, connector: 'pages', version: 1 },
  }),
)
const seconds = (performance.now() - began) / 1000
if (counts?.ledger.updated !== 100_000) throw new Error(`The commit counted ${JSON.stringify(counts?.ledger)}.`)
report({ seconds })
