/** Rejects as a run tells them: the first keys of each reason as they come, and at its end how many there were of each. */
import type { Emit } from '../model/event.ts'
import type { Answer } from '../warehouse/port.ts'

export type RejectsByReason = {
  /** Nobody has to look into a table to learn that a row was refused. */
  readonly say: (answers: readonly Answer[]) => void
  /** Says what there was in all; once, at the end. */
  readonly sayAll: () => void
}

export function rejectsByReason(
  context: { readonly runId: string; readonly emit: Emit },
  object: string,
): RejectsByReason {
  const reasons = new Map<string, Reason>()
  // A vendor that gives each row words of its own must not fill the memory.
  const others: Reason = { code: 'OTHER', message: otherReasons, rows: 0, samples: [] }
  return {
    say(answers) {
      for (const { key, code, message, status } of answers) {
        if (status !== 'rejected' && status !== 'parked') continue
        const group = groupOf({ code: status === 'parked' ? 'PARKED' : (code ?? ''), message: message ?? '' })
        const known = reasons.get(group.name)
        const isOther = reasons.size >= maxReasons && status !== 'parked'
        const reason = known ?? (isOther ? others : { ...group, rows: 0, samples: [] })
        if (!known && reason !== others) reasons.set(group.name, reason)
        reason.rows++
        if (reason.samples.length >= maxSamples) continue
        reason.samples.push(key)
        if (status === 'rejected')
          context.emit({
            type: 'row.rejected',
            run_id: context.runId,
            where: object,
            key,
            code: code ?? '',
            message: message ?? '',
          })
      }
    },
    sayAll() {
      const told = [...reasons.values()].sort((a, b) => b.rows - a.rows)
      for (const { code, message, rows, samples } of others.rows > 0 ? [...told, others] : told)
        context.emit({ type: 'rows.rejected', run_id: context.runId, where: object, code, message, rows, samples })
      reasons.clear()
    },
  }
}

/** Messages that differ only in what they quote or count are one reason; it bears the first one's words. */
function groupOf({ code, message }: { readonly code: string; readonly message: string }) {
  const shape = message.replaceAll(/"[^"]*"|'[^']*'|“[^”]*”|\S*[\d@]\S*/gu, '…')
  return { name: `${code}\0${shape}`, code, message }
}

type Reason = { readonly code: string; readonly message: string; rows: number; readonly samples: string[] }

const maxSamples = 5
const maxReasons = 200
const otherReasons = 'other reasons, of which _millrace.rejects has each'
