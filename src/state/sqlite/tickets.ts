/** Tickets: the queue for a resource. Of those whose process lives, the lowest numbers have their turn, one for each place. */
import type { Clock } from '../../model/clock.ts'
import { MillraceError } from '../../model/millrace-error.ts'
import type { ControlStore, ProcessId } from '../port.ts'
import { isAlive, isOnThisHost } from '../process-id.ts'
import type { Database } from './database.ts'
import type { GiveBack } from './give-back.ts'
import { holderOf, numberOf, processOf, type Row } from './row.ts'

type Tickets = Pick<ControlStore, 'takeTicket' | 'ticketBefore' | 'returnTicket'>

export function storeTickets(
  database: Database,
  own: { readonly clock: Clock; readonly process: ProcessId; readonly giveBack: GiveBack },
): Tickets {
  const { sql } = database
  const take = sql.prepare(
    `insert into tickets (resource, run_id, purpose, since, seen_ms, host, pid, process_started_at)
     values (?, ?, ?, ?, ?, ?, ?, ?)`,
  )
  const queue = sql.prepare('select * from tickets where resource = ? and id <= ? order by id')
  const seen = sql.prepare('update tickets set seen_ms = ? where id = ?')
  const remove = sql.prepare('delete from tickets where id = ?')
  const nowMs = () => own.clock.now().getTime()
  /** By this process, though their rows may still stand. */
  const returned = new Set<number>()

  return {
    takeTicket: ({ resource, runId, purpose, places = 1 }) =>
      database.write(() => {
        const { host, pid, startedAt } = own.process
        const since = own.clock.now().toISOString()
        const { lastInsertRowid } = take.run(resource, runId, purpose, since, nowMs(), host, pid, startedAt)
        return { id: Number(lastInsertRowid), resource, places }
      }),
    ticketBefore: async (ticket) => {
      const rows = await database.read(() => queue.all(ticket.resource, ticket.id))
      const mine = rows.at(-1)
      if (!mine || numberOf(mine, 'id') !== ticket.id) throw ticketGone(database.path, ticket.id)
      const before = rows.slice(0, -1)
      const gone = before.filter((row) => returned.has(numberOf(row, 'id')) || isGone(row, nowMs()))
      const isStale = nowMs() - numberOf(mine, 'seen_ms') > seenEveryMs
      if (gone.length > 0 || isStale)
        await database.write(() => {
          for (const row of gone) remove.run(numberOf(row, 'id'))
          if (isStale) seen.run(nowMs(), ticket.id)
        })
      const living = before.filter((row) => !gone.includes(row))
      const [first] = living
      return first && living.length >= ticket.places ? holderOf(first) : null
    },
    returnTicket: ({ id }) => {
      returned.add(id)
      return own.giveBack(() => {
        remove.run(id)
        returned.delete(id)
      })
    },
  }
}

/** Here the process itself tells; of another host or container only its silence does. */
function isGone(row: Row, nowMs: number): boolean {
  const process = processOf(row)
  return isOnThisHost(process) ? !isAlive(process) : nowMs - numberOf(row, 'seen_ms') > silentMs
}

const ticketGone = (path: string, id: number) =>
  new MillraceError('MR-6003', {
    message: `control store ${path}: ticket ${id} is no longer in the queue; the file was replaced, or this machine slept too long`,
    next: 'Run again.',
  })

/** `withTicket` asks for its turn again at least this often, also while it has it: that is its sign of life. */
const seenEveryMs = 5_000
const silentMs = 120_000
