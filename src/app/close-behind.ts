import { asMillraceError } from '../model/millrace-error.ts'
import type { App } from './app.ts'
import { statusOf, type Outcome } from './run-outcome.ts'

type Told = { readonly app: Pick<App, 'emit'>; readonly runId: string }

/** Work over a connection that is closed behind it. What was done stands whatever the closing says, and is told with it. */
export async function closeBehind(
  { app, runId }: Told,
  close: () => Promise<void>,
  work: () => Promise<Outcome>,
): Promise<Outcome> {
  const outcome = await work().catch(async (error: unknown) => {
    // What ended the run is its error; but a request that a connector had forgotten is told of here alone.
    await close().catch((closing: unknown) =>
      app.emit({ type: 'run.warning', run_id: runId, message: asMillraceError(closing, doing).message }),
    )
    throw error
  })
  try {
    await close()
    return outcome
  } catch (error) {
    const errors = [...outcome.errors, asMillraceError(error, doing)]
    return { ...outcome, errors, status: statusOf(errors) }
  }
}

const doing = 'closing the connection'
