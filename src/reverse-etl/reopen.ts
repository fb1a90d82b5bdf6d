import type { ReverseContext } from './context.ts'
import type { Delivery } from './deliver.ts'

type Reopening = {
  /** With the operation of each. */
  readonly keys: ReadonlyMap<string, string>
  /** What was answered of them counts for nothing. @default it was never committed */
  readonly takenBack?: true
  readonly why: (rows: number) => string
}

/** Opens the intents of what was sent, or may have been, so that the next run sends the truth of then. */
export async function reopen(
  context: ReverseContext,
  { header: { fence, account } }: Pick<Delivery, 'header'>,
  { keys: sent, takenBack, why }: Reopening,
): Promise<void> {
  if (sent.size === 0) return
  const keys = [...sent].map(([key, op]) => ({ key, op }))
  const reopened = await context.warehouse.session(
    { runId: context.runId, purpose: `reopen ${fence.sync}` },
    (session) => session.reverse.reopenIntents({ fence, account, keys, ...(takenBack && { takenBack }) }),
  )
  context.emit({
    type: 'run.warning',
    run_id: context.runId,
    message:
      reopened === null
        ? `${fence.sync}: ${why(keys.length)} are not opened again, since its state was forgotten or moved meanwhile: what arrived of them stays at the destination.`
        : `${fence.sync}: ${why(reopened)} are open again and will be sent with their present values.`,
  })
}
