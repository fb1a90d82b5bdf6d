/** Who lives: of this host the process itself tells; of another one the key that it renews. */
import type { ProcessId } from '../port.ts'
import { isAlive, isOnThisMachine } from '../process-id.ts'
import type { Connection } from './connection.ts'
import { processName, type ProjectKeys } from './keys.ts'

export type Presence = {
  /** From now on others can see that this process lives. */
  readonly show: () => Promise<void>
  readonly areAlive: (processes: readonly ProcessId[]) => Promise<readonly boolean[]>
  readonly close: () => void
}

export function showPresence(connection: Connection, keys: ProjectKeys, own: ProcessId): Presence {
  let timer: NodeJS.Timeout | undefined
  const sign = (ms?: number) =>
    connection.patiently(
      'saying that this process lives',
      (redis) => redis.set(keys.process + processName(own), '1', 'PX', goneAfterMs),
      ms === undefined ? {} : { ms },
    )
  // One that does not get through is followed by the next one.
  const signAgain = () => void sign(0).catch(() => undefined)
  connection.onBack(() => timer && signAgain())
  return {
    async show() {
      if (timer) return
      timer = setInterval(signAgain, signEveryMs).unref()
      await sign()
    },
    async areAlive(processes) {
      const far = processes.filter((id) => !isOnThisMachine(id))
      const found = far.length === 0 ? [] : await exist(far.map((id) => keys.process + processName(id)))
      const alive = new Map(far.map((id, index) => [id, typeof found[index] === 'string']))
      return processes.map((id) => alive.get(id) ?? isAlive(id))
    },
    close: () => clearInterval(timer),
  }

  function exist(names: readonly string[]): Promise<readonly unknown[]> {
    return connection.patiently('asking who lives', (redis) => redis.mget(...names))
  }
}

const signEveryMs = 5_000
/** Long enough for a restart of Redis, or of the network, not to look like a death. */
export const goneAfterMs = 60_000
