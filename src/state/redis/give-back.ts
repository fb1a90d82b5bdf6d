/** Leases and tickets that are given back: work that is done must not fail because Redis is away, so what is owed follows. */
import { MillraceError } from '../../model/millrace-error.ts'
import type { Connection } from './connection.ts'
import { runScript, type Script } from './script.ts'

export type GiveBack = (
  doing: string,
  script: Script,
  keys: readonly string[],
  args: (string | number)[],
) => Promise<void>

export function openGiveBack(connection: Connection, onProblem: (message: string) => void): GiveBack {
  const owed: (() => Promise<unknown>)[] = []
  connection.onBack(() => {
    // What fails again was taken over by others meanwhile, or falls with this process.
    for (const give of owed.splice(0)) give().catch((error: Error) => onProblem(error.message))
  })
  return async (doing, script, keys, args) => {
    const give = () => connection.patiently(doing, (redis) => runScript(redis, script, keys, args))
    try {
      await give()
    } catch (error) {
      if (!(error instanceof MillraceError) || error.code !== 'MR-6004') throw error
      owed.push(give)
      onProblem(`${error.message}. It is given back when Redis answers again.`)
    }
  }
}
