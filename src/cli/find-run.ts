import type { App } from '../app/app.ts'
import { MillraceError } from '../model/millrace-error.ts'

export type StoredRun = NonNullable<Awaited<ReturnType<App['store']['run']>>>

/** @throws MillraceError MR-1002 */
export async function findRun(store: App['store'], id: string): Promise<StoredRun> {
  const run = await store.run(id)
  if (run) return run
  throw new MillraceError('MR-1002', {
    message: `There is no run ${id} in the control store.`,
    next: 'millrace runs',
  })
}
