/** Whoever named a target means it for what is done next, too: without it the same words would run on the default one. */
import type { EngineEvent } from '../model/event.ts'
import type { SyncPlan } from '../model/plan.ts'

export const onTarget = (texts: readonly string[], target: string | undefined): readonly string[] =>
  texts.map((text) => textOnTarget(text, target))

export const textOnTarget = (text: string, target: string | undefined): string =>
  target === undefined || text.includes('--target') ? text : text.replace(commands, `millrace --target ${target}`)

export const eventOnTarget = (event: EngineEvent, target: string | undefined): EngineEvent =>
  event.type === 'run.warning' || event.type === 'row.rejected' || event.type === 'rows.rejected'
    ? { ...event, message: textOnTarget(event.message, target) }
    : event

export function planOnTarget(plan: SyncPlan, target: string | undefined): SyncPlan {
  const warnings = onTarget(plan.warnings, target)
  if (plan.kind === 'reverse_etl') return { ...plan, warnings }
  const streams = plan.streams.map((stream) => ({ ...stream, warnings: onTarget(stream.warnings, target) }))
  return { ...plan, warnings, streams }
}

/** Those that work on a target. */
const commands =
  /\bmillrace(?= +(?:sync|connection|backfill|runs|run|logs|rejects|schedule|daemon|demo|doctor|forget|grants|sandbox)\b)/g
