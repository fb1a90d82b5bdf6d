/** What every statement of DML has in common. */
import type { Dml } from '../statement.ts'

type Parts = Pick<Dml, 'verb' | 'target' | 'reads' | 'sql'> &
  Partial<Pick<Dml, 'overwrite' | 'checks'>> & {
    /** The query whose rows it keeps beside, in `scratch`, before it writes. @default none */
    readonly keeps?: string | null
    /** @default none */
    readonly counts?: Partial<Dml['counts']>
  }

export const dml = ({ keeps = null, counts, ...parts }: Parts): Dml => ({
  kind: 'dml',
  overwrite: false,
  prepare: keeps === null ? [] : [`CREATE OR REPLACE TEMP TABLE ${scratch} AS ${keeps}`],
  checks: [],
  cleanup: keeps === null ? [] : [`DROP TABLE IF EXISTS ${scratch}`],
  ...parts,
  counts: { inserted: null, updated: null, deleted: null, multiJoined: null, ...counts },
})

/** Where DML keeps what it is about to write; the connection's own. */
export const scratch = 'temp.main.sf_dml'
