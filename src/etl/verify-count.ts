import type { Scan } from '../connector/contract.ts'
import { MillraceError } from '../model/millrace-error.ts'
import type { EtlContext } from './context.ts'
import type { StreamPlan } from './resolve-streams.ts'

/**
 * Completeness (promise 11): the vendor's count and what was read share one upper bound. A row that is edited while we read
 * leaves the window and comes with the next scan, so the truth lies between the count before and the count after. Gives what stands against moving the watermark.
 */
export async function verifyCount(
  context: EtlContext,
  check: {
    readonly plan: StreamPlan
    readonly scan: Scan
    readonly counted: number | null
    readonly read: number
    readonly verify: 'off' | 'warn' | 'strict'
  },
): Promise<MillraceError | null> {
  const { plan, scan, counted, read } = check
  if (counted === null || counted === read || !plan.stream.count) return null
  const after = await plan.stream.count(scan, context.callContext(context.signal))
  if (read >= Math.min(counted, after) && read <= Math.max(counted, after)) return null
  const message = `${plan.stream.name}: the vendor counts ${counted} rows up to ${scan.to}, ${read} were read.`
  if (check.verify === 'strict')
    return new MillraceError('MR-3101', {
      message,
      kept:
        plan.mode === 'full_refresh'
          ? 'The table is as it was.'
          : 'The rows that were read are committed; the watermark has not moved, and the next run reads this window again.',
      next: ['Run again: a passing difference mends itself.', 'If it stays:  millrace sync run … --full-refresh'],
    })
  context.emit({
    type: 'run.warning',
    run_id: context.runId,
    message: `${message} verify is warn, so the watermark moves.`,
  })
  return null
}
