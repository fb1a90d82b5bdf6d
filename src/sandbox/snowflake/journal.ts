/** What was run: for tests, and for QUERY_HISTORY. */
export type JournalEntry = {
  readonly at: string
  readonly sessionId: string
  readonly queryId: string
  readonly sql: string
  readonly queryTag: string
  readonly status: 'ok' | 'failed'
  /** Rows that came back, or that DML changed. */
  readonly rows: number
  readonly code?: string
  readonly message?: string
}

/** One row of QUERY_HISTORY: https://docs.snowflake.com/en/sql-reference/functions/query_history */
export type HistoryEntry = JournalEntry & {
  readonly user: string
  readonly role: string
  readonly warehouse: string | null
  readonly warehouseSize: string | null
  readonly database: string | null
  readonly schema: string | null
  readonly queryType: string
  readonly milliseconds: number
  readonly bytesScanned: number
  readonly rowsInserted: number
  readonly rowsUpdated: number
  readonly rowsDeleted: number
}

export type Journal = {
  readonly add: (entry: HistoryEntry) => void
  readonly entries: () => readonly HistoryEntry[]
  /** What was added since it was last asked: on its way to the table behind QUERY_HISTORY. */
  readonly takeUnsaved: () => readonly HistoryEntry[]
}

export function createJournal(): Journal {
  const entries: HistoryEntry[] = []
  let unsaved: HistoryEntry[] = []
  return {
    add: (entry) => {
      entries.push(entry)
      unsaved.push(entry)
    },
    entries: () => entries,
    takeUnsaved: () => {
      const taken = unsaved
      unsaved = []
      return taken
    },
  }
}
