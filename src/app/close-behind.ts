import { asMillraceError } from '../model/millrace-error.ts'
import { statusOf, type Outcome } from './run-outcome.ts'

/** Work over a connection that is closed behind it. What was done stands whatever the closing says, and is told with it. */
export async function closeBehind(close: () => Promise<void>, work: () => Promise<Outcome>): Promise<Outcome> {
  const outcome = await work().catch(async (error: unknown) => {
    await close().catch(() => undefined) // what ended the run is what there is to tell
    throw error
  })
  try {
    await close()
    return outcome
  } catch (error) {
    const errors = [...outcome.errors, asMillraceError(error, 'closing the connection')]
    return { ...outcome, errors, status: statusOf(errors) }
  }
}
