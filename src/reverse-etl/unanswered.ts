/** Rows that got no answer, in a run that went on: nobody else says why they are open. */
import type { WriteResult } from '../model/change.ts'
import type { Emit } from '../model/event.ts'

export type Unanswered = {
  readonly count: (results: readonly WriteResult[]) => void
  /** Says how many there were, and the first one's reason; once, at the end. */
  readonly say: () => void
}

export function unansweredRows(context: { readonly runId: string; readonly emit: Emit }, object: string): Unanswered {
  let rows = 0
  let reason: string | undefined
  return {
    count(results) {
      for (const result of results) {
        if (result.outcome !== 'unknown') continue
        rows++
        reason ??= result.message
      }
    },
    say() {
      if (rows === 0) return
      const [had, they] = rows === 1 ? ['row has', 'it keeps its intent'] : ['rows have', 'they keep their intents']
      context.emit({
        type: 'run.warning',
        run_id: context.runId,
        message: `${object}: ${rows} ${had} no answer; ${they}, and the next run sends again what the model says then. The first: ${reason ?? 'no reason was given'}`,
      })
    },
  }
}
