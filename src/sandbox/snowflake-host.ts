import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { asMillraceError, MillraceError } from '../model/millrace-error.ts'
import type { RunningSnowflake, SnowflakeConnection } from './snowflake/start.ts'

export type SnowflakeHost = {
  /** How to sign in to it; it is started when first asked for. `isFresh`: with nothing in it. */
  readonly connection: (isFresh?: boolean) => Promise<SnowflakeConnection>
  readonly close: () => Promise<void>
}

/** The simulated Snowflake of a sandbox, for targets that have it as their warehouse. @param dir null: nothing is kept */
export function createSnowflakeHost(dir: string | null): SnowflakeHost {
  let started: Promise<RunningSnowflake> | undefined
  let kept: string | undefined
  const end = async () => {
    // What could not be started has been said by whoever asked for it.
    await (await started?.catch(() => undefined))?.close()
    started = undefined
  }
  return {
    connection: async (isFresh = false) => {
      const directory = (kept ??=
        dir === null ? mkdtempSync(join(tmpdir(), 'millrace-snowflake-')) : join(dir, 'snowflake'))
      if (isFresh) {
        await end()
        rmSync(directory, { recursive: true, force: true })
      }
      // DuckDB and all that is only for those who use it.
      started ??= import('./snowflake/start.ts').then(({ startSnowflake }) => startSnowflake({ directory }))
      try {
        return (await started).connection
      } catch (error) {
        started = undefined
        throw notOpened(directory, error)
      }
    },
    close: async () => {
      await end()
      if (dir === null && kept !== undefined) rmSync(kept, { recursive: true, force: true })
    },
  }
}

/** What it keeps is ours, so that whatever cannot be read of it was damaged: no bug, but for a full disk and the like. */
function notOpened(directory: string, cause: unknown): MillraceError {
  const known = asMillraceError(cause, 'opening the simulated Snowflake')
  if (known.code !== 'MR-7000') return known
  return new MillraceError('MR-6001', {
    message: `${known.message.split('\n')[0]}. What is kept of it in ${directory} is damaged.`,
    kept: 'The worlds of the vendors are as they were.',
    next: `With no millrace running:  mv ${directory} ${directory}.damaged   and run again: an empty account is made, and every sync loads from the beginning`,
    cause,
  })
}
