/**
 * What may stand behind a field in `map`. Which form it is, its keys say: none of these words makes it an object whose parts
 * are mapped one by one.
 */
import { z } from 'zod'
import { json, someName, strict } from './file-schema.ts'

const valueMap = z.record(z.string(), json)

export const omitNull = z
  .boolean()
  .optional()
  .describe('A null is left out instead of sent: the destination keeps what it has. Default: the sync’s omit_null.')

export const setIfEmpty = z
  .boolean()
  .optional()
  .describe('Written only where the destination’s field is empty; only where the destination can do that itself.')

export const constant = { value: json.describe('The same value for every row.') }

export const column = {
  column: someName.describe('A column of the model.'),
  values: valueMap
    .optional()
    .describe('The model’s value → the destination’s. A value that is not listed is a reject.'),
}

export const template = {
  template: z
    .string()
    .min(1, 'a template is needed')
    .describe('Liquid over the model’s columns: `{{ plan }}-{{ interval }}`.'),
}

export const lookUp = z.union(
  [
    strict({
      model: someName.describe('Another model.'),
      by: z
        .union(
          [
            someName,
            z.array(someName).min(1),
            z
              .record(someName, someName)
              .refine((pairs) => Object.keys(pairs).length > 0, 'a lookup goes by at least one column'),
          ],
          {
            error: 'by is a column that both models have, a list of such columns, or { ours: theirs }',
          },
        )
        .describe('The columns that find its row: a name, a list, or `{ ours: theirs }`.'),
      column: someName.describe('Its column that is taken.'),
      on_missing: z
        .enum(['null', 'reject', 'hold'])
        .nullable()
        .optional()
        .describe(
          'No such row there, or nothing in its column: send null, refuse the row, or let it wait. Default: null.',
        ),
    }),
    strict({
      object: someName.describe('An object of the destination.'),
      by: someName.describe('Its field that finds the record.'),
      column: someName.describe('The column of the model that holds the value.'),
    }),
  ],
  { error: 'a lookup is `{ model, by, column }`, or `{ object, by, column }` for a record at the destination' },
)

export const lookup = { lookup: lookUp.describe('A column of another model, or a record at the destination.') }

export const optOut = {
  opt_out: someName.describe('A boolean column of the model that is true where the person opted out.'),
  values: strict({
    true: json.describe('The destination’s word for opted out.'),
    false: json.describe('The destination’s word for opted in.'),
  })
    .default({ true: true, false: false })
    .describe('The destination’s words.'),
  allow_opt_in: z
    .boolean()
    .default(false)
    .describe('May a value that turned off be sent? Without it the opt-in is withheld and counted.'),
}

/** Of two in one object, the first says the form. */
export const formWords = ['column', 'template', 'lookup', 'opt_out', 'value', 'object'] as const

export const words: readonly string[] = [...formWords, 'values', 'allow_opt_in', 'omit_null', 'set_if_empty']

export const forms =
  'a mapping is a column, `{ value: … }`, `{ column: …, values: { … } }`, `{ template: … }`, `{ lookup: … }`, `{ opt_out: … }`, or an object or a list of these'

/** For editors: a transform has no schema of its own. */
export function mappingJsonSchema(): object {
  const schemaOf = (shape: z.core.$ZodLooseShape, more: z.core.$ZodLooseShape = { omit_null: omitNull }) => {
    const { $schema: _, $defs: __, ...schema } = z.toJSONSchema(strict({ ...shape, ...more }), { io: 'input' })
    return anyJson(schema)
  }
  const whole = { omit_null: omitNull, set_if_empty: setIfEmpty }
  const self = { $ref: `#/$defs/${mappingId}` }
  const parts = { type: 'object', additionalProperties: self }
  const options = schemaOf({}, whole)
  return {
    anyOf: [
      { type: 'string', minLength: 1, description: 'A column of the model.' },
      schemaOf(constant, { set_if_empty: setIfEmpty }),
      ...[column, template, lookup].map((shape) => schemaOf(shape, whole)),
      schemaOf(optOut, {}),
      {
        type: 'object',
        properties: {
          ...('properties' in options && typeof options.properties === 'object' ? options.properties : {}),
          object: { ...parts, description: 'Its parts.' },
        },
        required: ['object'],
        additionalProperties: false,
        description: 'An object, where one of its keys is a word of the other forms.',
      },
      {
        ...parts,
        propertyNames: { not: { enum: words } },
        minProperties: 1,
        description: 'An object whose parts are mapped one by one.',
      },
      { type: 'array', items: self, description: 'A list whose items are mapped one by one.' },
    ],
  }
}

/** A place that takes any JSON says so with a reference, which would lead nowhere from inside another schema. */
const anyJson = (schema: object): object =>
  JSON.parse(JSON.stringify(schema), (name, value: unknown) => (name === '$ref' ? undefined : value)) as object // an object went in

export const mappingId = 'mapping'
