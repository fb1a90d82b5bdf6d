import type { SnowflakeClient } from './client/open-client.ts'

/** The connection of a session; another one after it was lost. */
export type Link = {
  readonly client: () => SnowflakeClient
  /** Signs in anew, and closes what was there. */
  readonly renew: () => Promise<void>
  /** A transaction may still be open in it: until it is renewed, every statement fails with this error. */
  readonly spoil: (error: unknown) => void
}
