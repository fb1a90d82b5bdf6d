/** A schedule with every default filled in, and the slots that it makes. Instants are ISO 8601 in UTC, to the millisecond. */

export type Schedule = {
  readonly name: string
  readonly select: readonly string[]
  readonly exclude: readonly string[]
  readonly trigger: Trigger
  /** IANA name. `cron` and `at` are read in it. */
  readonly timezone: string
  /** What a slot does for a sync that still runs for an earlier one. */
  readonly overlap: 'skip' | 'buffer_one' | 'allow'
  readonly catchup: { readonly mode: 'none' | 'latest' | 'all'; readonly windowMs: number }
  readonly timeoutMs: number
  /** Between being told to stop at a checkpoint and being told to stop at once. */
  readonly graceMs: number
  /** `attempts` counts the first run too. */
  readonly retry: { readonly attempts: number; readonly initialMs: number; readonly maxMs: number }
  /** @default 0 */
  readonly jitterMs: number
  /** Of two jobs that may begin, the one of the higher schedule goes first. @default 'normal' */
  readonly priority: 'high' | 'normal' | 'low'
  /** Targets whose daemon runs it. @default 'all' */
  readonly targets: 'all' | readonly string[]
}

export const isEnabledOn = ({ targets }: Pick<Schedule, 'targets'>, target: string): boolean =>
  targets === 'all' || targets.includes(target)

export type Trigger =
  /** Five parts, or six with seconds in front. */
  | { readonly kind: 'cron'; readonly pattern: string }
  /** Counted from 1970-01-01T00:00:00Z, so that every machine and every restart has the same slots. */
  | { readonly kind: 'every'; readonly everyMs: number }
  /** In order. `notes`: what daylight saving did to a local time that was written, by the instant that it became. */
  | {
      readonly kind: 'at'
      readonly instants: readonly string[]
      readonly notes?: { readonly [instant: string]: string }
    }
  /** A slot for each slot of the last of `all` to end ok or partial; `missed` if that has not come `withinMs` after the first. */
  | { readonly kind: 'after'; readonly all: readonly string[]; readonly withinMs: number }

export type Slot = {
  readonly schedule: string
  /** The instant that the schedule names. With the schedule's name it identifies the slot, for ever. */
  readonly instant: string
  /** When it runs: the instant and its jitter. */
  readonly dueAt: string
  /** What daylight saving did to it; null: nothing. */
  readonly note: string | null
}
