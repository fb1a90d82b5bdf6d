import type { ProcessId } from '../port.ts'
import type { Connection } from './connection.ts'
import type { GiveBack } from './give-back.ts'
import type { ProjectKeys, TargetKeys } from './keys.ts'
import type { Presence } from './presence.ts'

/** What every part of an opened store works with. */
export type Own = {
  readonly connection: Connection
  readonly keys: ProjectKeys
  readonly targetKeys: TargetKeys
  readonly process: ProcessId
  readonly presence: Presence
  readonly giveBack: GiveBack
  /** For a script's `now(…)`: '' is Redis's own clock; only tests give another one. */
  readonly nowMs: () => number | ''
  readonly silentMs: number
}
