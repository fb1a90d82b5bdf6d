import type { Limit, ReverseLimits } from '../config/project.ts'

export type RunOptions = {
  readonly fullRefresh: boolean
  readonly limit: number | null
  /** Wait where another run is at it; false: MR-4001. */
  readonly wait: boolean
  readonly firstRun: boolean
  readonly baseline: boolean
  readonly rejectedOnly: boolean
  /** The schedule and the instant that the run serves; null: somebody asked for it. */
  readonly slot: string | null
  /** Guards for this run only. */
  readonly limits: Partial<ReverseLimits> & { readonly maxShrink?: Limit }
}

export const defaultRunOptions: RunOptions = {
  fullRefresh: false,
  limit: null,
  wait: true,
  firstRun: false,
  baseline: false,
  rejectedOnly: false,
  slot: null,
  limits: {},
}
