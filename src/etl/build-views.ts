import type { EtlContext } from './context.ts'
import { completeDecimalView, planDecimalViews, type DecimalViewPlan } from './decimal-view.ts'
import { fieldHistoryView } from './field-history.ts'
import { recordHistoryView } from './record-history.ts'
import type { StreamPlan } from './resolve-streams.ts'

/** The views over what a run has loaded: field histories, records over them, amounts as decimals. Nothing of them is stored. */
export async function buildViews(context: EtlContext, plans: readonly StreamPlan[]): Promise<void> {
  const tables = new Set(plans.map(({ shape }) => shape.table.name))
  const histories = plans.flatMap((plan) => {
    const fields = fieldHistoryView(plan, plans)
    return fields
      ? [{ fields, records: recordHistoryView(fields, { keyKind: plan.stream.history?.keyKind, tables }) }]
      : []
  })
  const { views, emptied, lacking } = planDecimalViews(plans)
  if (lacking.length > 0)
    context.emit({
      type: 'run.warning',
      run_id: context.runId,
      message: `${lacking.join(', ')}: no view with decimal amounts, since the column with their currency is left out or masked. Leave the amounts out too, or load it.`,
    })
  if (histories.length === 0 && views.length === 0 && emptied.length === 0) return
  await context.warehouse.session(
    { runId: context.runId, purpose: 'views over the tables', signal: context.signal },
    async (session) => {
      for (const { fields, records } of histories) {
        await session.ensureFieldHistory(fields)
        if (records) await session.ensureRecordHistory(records)
      }
      const standing: DecimalViewPlan[] = []
      for (const view of emptied) if (await session.introspect(view.schema, view.name)) standing.push(view)
      for (const view of [...views, ...standing]) {
        const stored = await session.introspect(view.schema, view.table)
        if (stored) await session.ensureDecimals(completeDecimalView(view, stored.columns))
      }
    },
  )
}
