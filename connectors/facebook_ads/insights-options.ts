import { MillraceError, z, type JsonObject } from 'millrace'
import { breakdownNames, fieldsOf, notBrokenDown, type Breakdown, type Level } from './insights-columns.ts'

/** `options` of an insights stream. */
export const insightsOptions = z.strictObject({
  level: z.enum(['account', 'campaign', 'adset', 'ad']).optional().describe('The level that the stream’s name says.'),
  breakdowns: z.array(z.enum(breakdownNames)).max(4).optional().describe('A row for each of their values.'),
  action_breakdowns: z
    .array(
      z.enum([
        'action_canvas_component_name',
        'action_carousel_card_id',
        'action_carousel_card_name',
        'action_destination',
        'action_device',
        'action_reaction',
        'action_target_id',
        'action_type',
        'action_video_sound',
        'action_video_type',
        'conversion_destination',
      ]),
    )
    .optional()
    .describe('How the lists in `actions` are broken down. Default: by action_type.'),
  // 7d_view and 28d_view ended in January 2026.
  attribution_windows: z
    .array(z.enum(['1d_click', '7d_click', '28d_click', '1d_view', '1d_ev', 'dda', 'default']))
    .optional()
    .describe('Windows that the lists in `actions` count by. Default: those of the account.'),
  fields: z.array(z.string().min(1)).min(1).optional().describe('Only these metrics. Default: all columns.'),
  window: z
    .int()
    .min(1)
    .max(90)
    .default(28)
    .describe('How many days before the last complete scan are read again, since Facebook restates them.'),
  days_per_report: z.int().min(1).max(90).optional().describe('Days that one report asks for at first.'),
})

export type InsightsOptions = z.output<typeof insightsOptions>

/** Of one level: its fields, and no other level. */
export const insightsOptionsOf = (level: Level) =>
  insightsOptions.extend({
    level: insightsOptions.shape.level.refine((asked) => asked === undefined || asked === level, {
      error: ({ input }) => `it is ${level}; for ${String(input)} there is the stream ${String(input)}_insights`,
    }),
    fields: z
      .array(
        z.enum(Object.keys(fieldsOf(level)), {
          error: ({ input }) => `no field ${String(input)} at the level ${level}`,
        }),
      )
      .min(1)
      .optional(),
  })

/** Days and breakdowns always come. */
export function asksFor(level: Level, field: string, { fields }: JsonObject): boolean {
  return !Array.isArray(fields) || fields.includes(field) || !Object.hasOwn(fieldsOf(level), field)
}

type Of = {
  readonly stream: string
  readonly level: Level
  /** Of the stream itself; those of the options come on top. */
  readonly breakdowns: readonly Breakdown[]
}

export type ReadOptions = { readonly options: InsightsOptions; readonly breakdowns: readonly Breakdown[] }

/**
 * The engine has held them against `insightsOptionsOf`.
 * @throws MillraceError MR-1201
 */
export function readOptions({ stream, level, breakdowns: own }: Of, given: JsonObject): ReadOptions {
  const options = insightsOptionsOf(level).parse(given)
  const breakdowns = [...new Set([...own, ...(options.breakdowns ?? [])])]
  const odd = (options.fields ?? []).flatMap((field) => {
    const by = notBrokenDown(field, breakdowns)
    return by === undefined ? [] : [`fields: Facebook does not have ${field} by ${by}`]
  })
  if (odd.length > 0)
    throw new MillraceError('MR-1201', {
      message: `The options of ${stream} cannot be followed: ${odd.join('; ')}.`,
      kept: 'Nothing was read or changed.',
      next: 'Leave them out of  fields,  or read them in a stream without that breakdown.',
    })
  return { options, breakdowns }
}
