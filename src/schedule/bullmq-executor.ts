/**
 * Many daemons on one Redis: whoever dispatches a job puts its ticket into a BullMQ queue, and a daemon that has room takes
 * it. https://docs.bullmq.io/guide/workers. The queue holds ids only, keeps little of what is done, and is never the truth:
 * a ticket that it lost, or gives out twice, is put right by the store (`beginJob` takes each ticket once, `reconcile`
 * dispatches again what the queue does not know).
 */
import type { Job as Queued, Queue, Worker } from 'bullmq'
import type { Redis, RedisOptions } from 'ioredis'
import type { Job, JobTicket } from '../state/slot-store.ts'
import { giveBackUnworked, takeNext, ticketOf, type Executor, type ExecutorContext } from './executor.ts'

export type BullmqOptions = {
  /** redis:// or rediss://, with its password. It is shown nowhere. */
  readonly url: string
  /** Of the queue's keys in Redis. Daemons with the same one share their work. */
  readonly prefix: string
  /** A dispatched job that the queue does not know after so long is dispatched again. @default 5_000 */
  readonly lostAfterMs?: number
}

export async function bullmqExecutor(context: ExecutorContext, options: BullmqOptions): Promise<Executor> {
  const [bullmq, { Redis: Client }] = await Promise.all([import('bullmq'), import('ioredis')])
  const outage = sayOnce(context.onProblem)
  const connections: Redis[] = []
  const connect = (more: RedisOptions): Redis => {
    const connection = new Client(options.url, { ...more, retryStrategy: (times) => Math.min(times * 100, 2_000) })
    connection.on('error', (error: Error) => outage.begins(error))
    connection.on('ready', () => outage.ends())
    connections.push(connection)
    return connection
  }
  const prefix = options.prefix
  // A producer that cannot reach Redis must know at once: the ticket stays dispatched in the store, and is found by `reconcile`.
  const queue: Queue<JobTicket> = new bullmq.Queue(queueName, {
    connection: connect({ enableOfflineQueue: false, maxRetriesPerRequest: 1 }),
    prefix,
    defaultJobOptions: { attempts: 1, removeOnComplete: kept, removeOnFail: kept },
  })
  queue.on('error', (error) => outage.begins(error))
  const running = new Map<Promise<void>, JobTicket>()
  let taken = 0
  let isClosed = false
  const process = async (queued: Queued<JobTicket>, lock: string | undefined): Promise<void> => {
    if (isClosed) {
      // A worker that is paused still takes the ticket that it was waiting for: it goes back, to another daemon.
      await queued.moveToWait(lock)
      throw new bullmq.WaitingError()
    }
    taken++
    const work = begin(queued.data).finally(() => running.delete(work))
    running.set(work, queued.data)
    await work
  }
  const begin = async (ticket: JobTicket): Promise<void> => {
    const job = await context.store.beginJob(ticket)
    // null: dispatched again meanwhile, or begun by another daemon
    if (job !== null) await context.work(job)
  }
  const listen = (): Worker<JobTicket> => {
    const worker: Worker<JobTicket> = new bullmq.Worker(queueName, process, {
      connection: connect({ maxRetriesPerRequest: null }),
      prefix,
      concurrency: context.maxRuns(),
      // A ticket of a frozen daemon goes to another one, once; whether that may begin it is the store's word.
      maxStalledCount: 1,
    })
    worker.on('error', (error) => outage.begins(error))
    return worker
  }
  let worker = listen()
  let nextMs = Infinity
  let takenBefore = -1

  /** Tickets wait, this daemon has room, and none came to it for a minute: its worker hears nothing any more. */
  const watchConsumption = async () => {
    const waiting = await queue.getJobCountByTypes('waiting', 'prioritized')
    const isDeaf = waiting > 0 && taken === takenBefore && running.size < context.maxRuns()
    takenBefore = taken
    if (!isDeaf) return
    context.onProblem(`${waiting} jobs wait in Redis and none was given to this daemon for a while: listening anew.`)
    const deaf = worker
    worker = listen()
    void deaf.close(true).catch(() => undefined) // it did nothing any more, also not this
  }

  return {
    async dispatch() {
      worker.concurrency = context.maxRuns()
      while (!isClosed) {
        const next = await takeNext(context, { room: Infinity, as: 'dispatched' })
        nextMs = next.nextMs
        if (next.job === null) return
        await queue.add('run', ticketOf(next.job), { jobId: idOf(next.job), priority: priorityOf(next.job) })
      }
    },
    nextMs: () => nextMs,
    async reconcile() {
      const since = context.clock.now().getTime() - (options.lostAfterMs ?? 5_000)
      const lost = new Set<string>()
      for (const job of await dispatchedJobs(context))
        if (Date.parse(job.takenAt ?? '') <= since && goneStates.has(await queue.getJobState(idOf(job))))
          lost.add(idOf(job))
      if (lost.size > 0)
        await context.store.takeJob(
          (open) => ({
            take: null,
            skip: [],
            again: open.filter((job) => job.state === 'dispatched' && lost.has(idOf(job))),
          }),
          'dispatched',
        )
      await giveBackUnworked(context, running.values(), 'dispatched')
      await watchConsumption()
    },
    async close() {
      isClosed = true
      // Takes no more tickets; waits for the runs themselves, since Redis may be gone by now.
      const paused = worker.pause(true).catch(() => undefined)
      while (running.size > 0) await Promise.allSettled(running.keys())
      await Promise.race([paused.then(() => Promise.all([worker.close(), queue.close()])), afterMs(closeMs)])
      for (const connection of connections) connection.disconnect()
    },
  }
}

async function dispatchedJobs({ store }: ExecutorContext): Promise<readonly Job[]> {
  let jobs: readonly Job[] = []
  await store.takeJob((open) => {
    jobs = open.filter(({ state }) => state === 'dispatched')
    return { take: null, skip: [], again: [] }
  }, 'dispatched')
  return jobs
}

/** BullMQ takes no colons in a custom id. */
const idOf = ({ schedule, instant, sync, token }: JobTicket): string =>
  [schedule, Date.parse(instant), sync, token].map((part) => encodeURIComponent(part)).join('|')

/** In BullMQ 1 goes first. https://docs.bullmq.io/guide/jobs/prioritized */
const priorityOf = ({ priority }: Job): number => Math.max(1, priorityOfNormal - priority)
const priorityOfNormal = 1_000

/** One line for an outage, not one for each attempt to connect. */
function sayOnce(say: (message: string) => void) {
  let isDown = false
  return {
    begins(error: Error) {
      if (isDown || !/ECONN|EPIPE|ETIMEDOUT|ENOTFOUND|closed|READONLY|LOADING/.test(error.message || error.name)) return
      isDown = true
      say('Redis does not answer. What runs goes on; nothing new begins until it is back.')
    },
    ends() {
      if (isDown) say('Redis answers again.')
      isDown = false
    },
  }
}

const afterMs = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms).unref())

const queueName = 'runs'
const goneStates: ReadonlySet<string> = new Set(['completed', 'failed', 'unknown'])
/** Tickets that were taken; so many that one can look at them, so few that Redis does not fill. */
const kept = { count: 1_000, age: 86_400 }
const closeMs = 3_000
