/** The words that the three file schemas are made of. */
import { z } from 'zod'
import { durationForm, parseDuration } from './duration.ts'
import { limitForm, parseLimit } from './limit.ts'
import type { Limit } from './project.ts'

/** An object with these keys and no others; its finding knows them all, for the did-you-mean. */
export const strict = <Shape extends z.core.$ZodLooseShape>(shape: Shape) =>
  z.strictObject(shape, {
    error: (issue) => (issue.code === 'unrecognized_keys' ? Object.keys(shape).join(' ') : undefined),
  })

/** A key that is planned: it is checked like any other, and then refused, because nothing acts on it yet. */
export const notBuilt = <Schema extends z.ZodType>(schema: Schema, what: string) =>
  schema
    .superRefine((_, context) =>
      context.addIssue({ code: 'custom', message: what, params: { notBuilt: true }, input: undefined }),
    )
    .describe(`Not built yet: ${what}`)

/** Sync, model and schema names become names in the warehouse. */
export const snakeName = z
  .string()
  .regex(/^[a-z_][a-z0-9_]*$/, 'a name is lower-case letters, digits and `_`, and begins with a letter')

export const someName = z.string().min(1, 'a name is needed')

export const someNames = z.array(someName)

export const limit = z
  .union([z.int().min(0, limitForm), z.string().regex(/^\d+(\.\d+)?%$/, limitForm)], { error: limitForm })
  .transform((value, context): Limit => parseLimit(value) ?? refuse(context, value, limitForm))

/** Checked, and kept as it was written. What is none is told that alone: no bound is asked of it. */
export const durationText = z
  .string({ error: durationForm })
  .regex(/^(\d+(ms|[smhdw]))+$/, { error: durationForm, abort: true })
  .refine((text) => parseDuration(text) !== undefined, { error: 'this is longer than any calendar', abort: true })

export const duration = durationText.transform(
  (value, context) => parseDuration(value) ?? refuse(context, value, durationForm),
)

/** A value that the vendor, or the connector, gives a meaning to. */
export const json = z.json()

export const jsonObject = z.record(z.string(), json)

function refuse(context: z.RefinementCtx, input: unknown, message: string): never {
  context.addIssue({ code: 'custom', message, input })
  return z.NEVER
}
