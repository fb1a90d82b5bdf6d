/** What of a field reaches the warehouse: its SHA-256 in hex, `***`, or `***` and its last four characters. */
export type Mask = 'sha256' | 'redact' | 'last4'

/** What stands where a value is not shown. */
export const stars = '***'
