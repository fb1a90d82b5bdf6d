/**
 * Transactions: https://docs.snowflake.com/en/sql-reference/transactions. What would commit one by itself (DDL) is kept until
 * it is committed.
 */
import type { Engine, FenceLook, FenceLooked } from '../sql/engine.ts'
import { isConnectionLost } from './client/translate-error.ts'
import { snowflakeDialect as dialect } from './dialect.ts'
import type { Link } from './link.ts'

export type Transactions = Pick<Engine, 'transaction' | 'fenced' | 'lockAndLook' | 'whenCommitted'> & {
  readonly isInTransaction: () => boolean
}

/** @param epochs of fences that were raised by us after an answer was lost: what the run holds → what stands now */
export function transactionsOf(link: Link, epochs: Map<string, number>): Transactions {
  let afterwards: string[] | null = null
  const inside = async <T>(work: () => Promise<T>, onFailed: (error: unknown) => Promise<void>): Promise<T> => {
    const { client } = link
    await client().run('BEGIN TRANSACTION')
    afterwards = []
    let result: T
    try {
      result = await work()
    } catch (error) {
      await rollBack(link, error)
      throw error
    }
    await client().run('COMMIT').catch(onFailed)
    const statements = afterwards
    afterwards = null
    for (const sql of statements) await client().run(sql)
    return result
  }
  const ended = () => {
    afterwards = null
  }
  return {
    transaction: (work) =>
      inside(work, (error) => {
        link.spoil(error)
        throw error
      }).finally(ended),
    fenced: (check, work) => {
      const name = `${check.select} ${check.owner} ${check.epoch}`
      const epoch = epochs.get(name) ?? check.epoch
      return inside(
        async () => {
          const { touched, rows } = await lockAndLook(link, {
            locks: [check.stream, check.update],
            select: check.select,
          })
          const [held] = rows
          if (touched !== 1 || held?.epoch !== epoch || held.owner !== check.owner)
            throw check.lost(held?.owner ?? null)
          return work()
        },
        async (error) => {
          await link.renew()
          // First, so that what the lost session may still have open can be committed no more.
          const raised = await link.client().run(check.raise(epoch))
          if (raised.rowsChanged === 1) epochs.set(name, epoch + 1)
          // Whoever has taken over since waited for it: what is there is there, and the next commit will lose.
          if (await check.probe?.()) return
          if (raised.rowsChanged === 1) throw error
          const [holder] = await link.client().rows(check.select)
          throw check.lost(holder?.['owner'] ?? null)
        },
      ).finally(ended)
    },
    lockAndLook: (look) => lockAndLook(link, look),
    isInTransaction: () => afterwards !== null,
    whenCommitted: async (sql) => {
      if (afterwards) afterwards.push(sql)
      else await link.client().run(sql)
    },
  }
}

/** A session that is gone has rolled back; where nobody knows, nothing more may be done in it. The first error is the one that matters. */
async function rollBack(link: Link, error: unknown): Promise<void> {
  if (isConnectionLost(error)) return link.spoil(error)
  await link
    .client()
    .run('ROLLBACK')
    .catch(() => link.spoil(error))
}

/**
 * Lock, then look, in one block on the server: https://docs.snowflake.com/en/developer-guide/snowflake-scripting/blocks. Whoever
 * waits for the lock reads what its holder has committed.
 */
async function lockAndLook(link: Link, { locks, select, change }: FenceLook): Promise<FenceLooked> {
  const block =
    `DECLARE touched INTEGER; found VARCHAR; BEGIN ${locks.join('; ')}; touched := SQLROWCOUNT; ` +
    `SELECT TO_JSON(ARRAY_AGG(ARRAY_CONSTRUCT(stream, part, epoch, owner, form))) INTO :found FROM (${select}); ${change === undefined ? '' : `${change}; `}` +
    `RETURN TO_JSON(ARRAY_CONSTRUCT(touched, PARSE_JSON(found))); END`
  const [row] = await link.client().rows(`EXECUTE IMMEDIATE ${dialect.text(block)}`)
  const [answer] = Object.values(row ?? {})
  const [touched, found] = JSON.parse(answer ?? '[0, []]') as readonly [number, readonly FenceCells[]] // as the block returns it
  return { touched, rows: found.map(([stream, part, epoch, owner, form]) => ({ stream, part, epoch, owner, form })) }
}

type FenceCells = readonly [stream: string, part: string, epoch: number, owner: string, form: number]
