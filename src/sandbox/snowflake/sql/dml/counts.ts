import type { Dml } from '../statement.ts'

export const noCounts: Dml['counts'] = { inserted: null, updated: null, deleted: null, multiJoined: null }
