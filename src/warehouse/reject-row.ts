/** A row of `_millrace.rejects`. */
export type RejectRow = {
  readonly run_id: string
  readonly sync: string
  readonly stream: string
  readonly key: string
  readonly code: string
  readonly message: string
  readonly retryable: boolean
  readonly attempts: number
  readonly first_at: string
  readonly last_at: string
  readonly row: string | null
  readonly state: 'open' | 'parked' | 'settled'
}
