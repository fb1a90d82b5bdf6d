/** Leases and tickets that are given back: work that is done must not fail because Redis is away or refuses to write, so what is owed follows. */
import type { Redis } from 'ioredis'
import { MillraceError } from '../../model/millrace-error.ts'
import type { Connection } from './connection.ts'

export type GiveBack = (doing: string, give: (redis: Redis) => Promise<unknown>) => Promise<void>

type Debt = Parameters<GiveBack>

export function openGiveBack(connection: Connection, onProblem: (message: string) => void): GiveBack {
  let owed: readonly Debt[] = []
  let timer: NodeJS.Timeout | undefined
  const giveOwed = async (): Promise<void> => {
    clearTimeout(timer)
    const tried = owed
    owed = []
    const left = await Promise.all(tried.map(async (debt) => ((await isGiven(debt)) ? [] : [debt])))
    owe(left.flat())
  }
  const isGiven = async ([doing, give]: Debt): Promise<boolean> => {
    try {
      await connection.patiently(doing, give, { ms: tryAgainMs })
      return true
    } catch (error) {
      if (isPassing(error)) return connection.isClosed()
      onProblem(error instanceof Error ? error.message : String(error))
      return true // taken over by others meanwhile, or it falls with this process
    }
  }
  const owe = (debts: readonly Debt[]): void => {
    owed = [...owed, ...debts]
    clearTimeout(timer)
    // A disk that was full, or a script that held Redis up, passes without a new connection.
    if (owed.length > 0) timer = setTimeout(() => void giveOwed(), tryAgainMs).unref()
  }
  connection.onBack(() => void giveOwed())
  return async (doing, give) => {
    try {
      await connection.patiently(doing, give)
    } catch (error) {
      if (!isPassing(error)) throw error
      owe([[doing, give]])
      onProblem(`${error.message}. It is given back as soon as Redis takes it.`)
    }
  }
}

const isPassing = (error: unknown): error is MillraceError => error instanceof MillraceError && error.code === 'MR-6004'

const tryAgainMs = 500
