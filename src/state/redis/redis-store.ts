/** The control store of any number of machines: one Redis, shared by every millrace of the project. */
import type { Clock } from '../../model/clock.ts'
import { MillraceError } from '../../model/millrace-error.ts'
import type { ControlStore, ProcessId } from '../port.ts'
import { thisProcess } from '../process-id.ts'
import { refuseUnfit } from './check-redis.ts'
import { openConnection, type Connection } from './connection.ts'
import { storeEvents } from './events.ts'
import { storeJobs } from './jobs.ts'
import { openGiveBack } from './give-back.ts'
import { format, keysOfProject, keysOfTarget } from './keys.ts'
import { storeLeases } from './leases.ts'
import { storeMemory } from './memory.ts'
import { showPresence } from './presence.ts'
import { storeRuns } from './runs.ts'
import { openTransactions } from './slot-transaction.ts'
import { storeSlots } from './slots.ts'
import { storeTickets } from './tickets.ts'

export type RedisStoreOptions = {
  /** redis:// or rediss://, with its password. It is shown nowhere. */
  readonly url: string
  /** Stores of other projects on the same Redis are not touched. */
  readonly project: string
  /** Whose schedules, slots and jobs these are: those of two targets know nothing of each other. */
  readonly target: string
  /** For tests. @default the clock of Redis, on which machines with different clocks agree */
  readonly clock?: Clock
  /** In whose name leases and tickets are taken. @default this process */
  readonly process?: ProcessId
  /** How long a daemon may say nothing before its jobs are given to another one. @default 60_000 */
  readonly silentMs?: number
  /** How long each call waits for a Redis that is away. @default 20_000 */
  readonly patienceMs?: number
  /** Said once when Redis goes away, and once when it is back. @default nobody is told */
  readonly onProblem?: (message: string) => void
}

/** @throws MillraceError MR-1201, MR-6003 (of a newer millrace), MR-6004 (away), MR-6005 (refuses us, or evicts keys) */
export async function openRedisStore(options: RedisStoreOptions): Promise<ControlStore> {
  const { url, clock, patienceMs = 20_000, silentMs = 60_000, onProblem = () => undefined } = options
  const connection = await openConnection({ url, patienceMs, onProblem })
  const keys = keysOfProject(options.project)
  try {
    await refuseUnfit(connection)
    await refuseNewer(connection, keys.format)
  } catch (error) {
    connection.close()
    throw error
  }
  const process = options.process ?? thisProcess()
  const presence = showPresence(connection, keys, process)
  const nowMs = () => clock?.now().getTime() ?? ('' as const)
  const targetKeys = keysOfTarget(options.project, options.target)
  const giveBack = openGiveBack(connection, onProblem)
  const own = { connection, giveBack, keys, targetKeys, process, presence, nowMs, silentMs }
  const transactions = openTransactions(own)
  const events = storeEvents(own)
  const jobs = storeJobs(own, transactions)
  return {
    ...storeRuns(own),
    ...storeSlots(own, transactions),
    ...jobs,
    memory: storeMemory(own, transactions, jobs.beat),
    ...storeLeases(own),
    ...storeTickets(own),
    recordEvent: events.recordEvent,
    events: events.events,
    eraseKey: events.eraseKey,
    close: async () => {
      presence.close()
      try {
        await events.flush()
      } catch (error) {
        onProblem(`The last progress of a run is not recorded: ${error instanceof Error ? error.message : error}`)
      }
      connection.close()
    },
  }
}

async function refuseNewer(connection: Connection, key: string): Promise<void> {
  const found = await connection.patiently('opening it', async (redis) => {
    await redis.set(key, format, 'NX')
    return redis.get(key)
  })
  if (Number(found) <= format) return
  throw new MillraceError('MR-6003', {
    message: `control store on Redis at ${connection.where}: opening it failed: it has format ${found}, and this millrace knows formats up to ${format}`,
    kept: 'What is in Redis is as it was.',
    next: 'A newer millrace has used this project: update this one (npm ci).',
  })
}
