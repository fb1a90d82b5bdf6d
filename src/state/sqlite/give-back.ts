import { MillraceError } from '../../model/millrace-error.ts'
import type { Database } from './database.ts'

export type GiveBack = (give: () => void) => Promise<void>

/**
 * Gives back a lease or a ticket: work that is done must not fail because the disk is full, and whoever waits for it must
 * not wait for a process that lives on without it. So what cannot be written is tried again until it is, or the process ends.
 */
export function openGiveBack(database: Database): GiveBack {
  const again = (give: () => void): void => {
    setTimeout(() => {
      if (!database.sql.isOpen) return
      database.write(give).catch(() => again(give))
    }, tryAgainMs).unref()
  }
  return async (give) => {
    try {
      await database.write(give)
    } catch (error) {
      if (!(error instanceof MillraceError)) throw error
      again(give)
    }
  }
}

const tryAgainMs = 500
