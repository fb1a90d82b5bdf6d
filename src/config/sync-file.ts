import { z } from 'zod'
import { duration, json, jsonObject, limit, notBuilt, snakeName, someName, someNames, strict } from './file-schema.ts'
import { mapping } from './read-mapping.ts'

// ---------------------------------------------------------------- ETL

const dayMs = 86_400_000

/** Report days are read one by one: ten years of them are more than a vendor keeps. */
const reportWindow = duration.refine((ms) => ms >= dayMs && ms <= 3660 * dayMs, 'a window is from `1d` to `3660d`')

/** What a stream may say; at the level of the sync, the same keys are the default of all its streams. Those that hide fields add up. */
const streamKeys = {
  enabled: z.boolean().optional().describe('false leaves the stream out. Default: true.'),
  mode: z
    .enum(['merge', 'append', 'full_refresh', 'replace_window', 'scd2'])
    .optional()
    .describe(
      'How rows land (docs/modes.md). Default: merge where the stream has a key, append for history, full_refresh for the rest.',
    ),
  include: z.array(someName).min(1).optional().describe('Only these fields of the vendor, beside key and version.'),
  exclude: someNames.optional().describe('Fields of the vendor that are not loaded: the sync’s and the stream’s own.'),
  pii: someNames
    .optional()
    .describe('Fields with personal data, the sync’s and the stream’s own: masked in previews, errors and reports.'),
  where: someName.optional().describe('A filter in the vendor’s own language.'),
  field_history: z
    .boolean()
    .optional()
    .describe('Loads the history stream and builds `<stream>_field_history` with valid_from and valid_to.'),
  schema_changes: z
    .enum(['evolve', 'freeze', 'ignore'])
    .optional()
    .describe('What a new or changed field of the vendor does. Default: evolve.'),
  options: jsonObject.optional().describe('The connector’s own options for the stream.'),
  formula_refresh: duration
    .optional()
    .describe('How often fields that the vendor calculates are read again: their changes move no stamp.'),
  mask: z
    .record(someName, z.enum(['sha256', 'redact', 'last4'], { error: 'a mask is `sha256`, `redact` or `last4`' }))
    .optional()
    .describe('Field → mask: only the masked text reaches the warehouse.'),
  reconcile: duration
    .optional()
    .describe('How often all keys are read, so that rows which the vendor has purged are marked as deleted.'),
  restate: strict({
    window: reportWindow.describe('So far back all days are read again and replaced; 1d to 3660d.'),
    every: duration.prefault('1d').describe('How often. In between only yesterday and today.'),
  })
    .optional()
    .describe('Reports that the vendor corrects afterwards. Implies `mode: replace_window`.'),
}

/** Nothing after the colon is the same as `{}`. */
const stream = strict({
  ...streamKeys,
  query: someName.optional().describe('The stream is what this query gives, in the vendor’s own language.'),
})
  .nullable()
  .transform((value) => value ?? {})

export const etlSyncFile = strict({
  source: someName.describe('The connection that is read.'),
  tags: someNames.default([]).describe('For selecting: `tag:x`.'),
  schema: snakeName.optional().describe('The warehouse schema. Default: the sync’s name.'),
  start: z
    .union([z.iso.date(), z.iso.datetime({ offset: true })], {
      error: 'a start is a day (`2022-01-01`) or an instant (`2022-01-01T00:00:00Z`)',
    })
    .optional()
    .describe('Nothing that was created before it is read; what a vendor lists by no such time is read whole.'),
  verify: z
    .enum(['off', 'warn', 'strict'])
    .default('warn')
    .describe('What it means when the vendor counts other rows than were read.'),
  limits: strict({
    max_shrink: limit.prefault('50%').describe('How much a source may shrink before the run stops.'),
  })
    .prefault({})
    .describe('Guards.'),
  after: someNames.default([]).describe('Syncs that go first when they run together.'),
  ...streamKeys,
  streams: z
    .record(someName, stream)
    .refine((streams) => Object.keys(streams).length > 0, 'at least one stream is needed')
    .describe('Streams by the vendor’s name; a name with `*` or `?` is a glob, and the exact name wins.'),
}).describe('ETL: from a source into the warehouse.')

// ---------------------------------------------------------------- reverse ETL

const onRemoved = z.union(
  [
    z.enum(['ignore', 'delete']),
    strict({ clear: z.array(someName).min(1).describe('Fields that are set to null.') }),
    strict({ set: z.record(someName, json).describe('Field → value.') }),
  ],
  { error: 'it can be `ignore`, `delete`, `{ clear: [fields] }` or `{ set: { field: value } }`' },
)

export const reverseSyncFile = strict({
  model: someName.describe('The model whose rows go out: `models/<name>.sql`.'),
  primary_key: z
    .union([someName, z.array(someName).min(1)], {
      error: 'a primary key is a column of the model, or a list of columns',
    })
    .describe('The column or columns of the model that identify a row.'),
  destination: someName.describe('The connection that is written to.'),
  object: someName.describe('What the destination takes.'),
  match: someName.describe('The destination’s field that finds the record; it must be in `map`.'),
  mode: z
    .enum(['upsert', 'update', 'insert'])
    .default('upsert')
    .describe('`update` never creates, `insert` never changes.'),
  tags: someNames.default([]).describe('For selecting: `tag:x`.'),
  after: someNames.default([]).describe('Syncs that go first when they run together.'),
  freshness: z
    .record(someName, duration)
    .default({})
    .describe('Sync → how old its last load may be: `26h`. Older inputs are not sent from.'),
  map: z
    .record(someName, mapping)
    .refine((map) => Object.keys(map).length > 0, 'at least one field is needed')
    .describe('The destination’s field → where its value comes from.'),
  omit_null: z
    .boolean()
    .default(false)
    .describe('Nulls are left out instead of sent: the destination keeps what it has. A field’s own omit_null wins.'),
  on_removed: onRemoved.default('ignore').describe('What a row that left the model means at the destination.'),
  limits: strict({
    max_added: limit.prefault('100%').describe('More rows to add than this stop the run.'),
    max_changed: limit.prefault('50%').describe('More rows to change than this stop the run.'),
    max_removed: limit.prefault('5%').describe('More rows to remove than this stop the run.'),
    on_empty: z.enum(['stop', 'proceed']).default('stop').describe('What an empty model does.'),
  })
    .prefault({})
    .describe('Guards: rows, or a part of the snapshot.'),
  options: jsonObject.default({}).describe('The connector’s own options for the object.'),
  on_invalid_keys: z
    .enum(['stop', 'skip'])
    .default('stop')
    .describe('What null or duplicate keys do: `skip` leaves those rows out and counts them.'),
  transform: notBuilt(someName, 'row transforms').optional(),
  opt_out_removal: z
    .boolean()
    .default(false)
    .describe('To leave the model is an opt-out: removals go first, guards do not hold them, and none is ever parked.'),
  refresh_every: duration
    .optional()
    .describe('Rows that the destination accepted longer ago than this are sent again: `30d`.'),
  park_after: z
    .union([z.int().min(1), z.literal('never')], { error: 'park_after is a number of refusals, or `never`' })
    .default(10)
    .describe(
      'So many final refusals of the same value park a row: it is shown, and tried again when its value changes.',
    ),
  verify_opt_outs: z
    .boolean()
    .default(false)
    .describe(
      'Opt-outs are read back after the destination has taken them; a difference is a warning, and the row stays open.',
    ),
  changes_retention: duration
    .optional()
    .describe('How long `_millrace.changes` keeps what was sent. Default: the target’s.'),
}).describe('Reverse ETL: from a model out to a destination.')

/** syncs/*.yaml. Which of the two it is, `source` or `model` says. */
export const syncFile = z.union([etlSyncFile, reverseSyncFile])

export type EtlSyncFile = z.output<typeof etlSyncFile>
export type ReverseSyncFile = z.output<typeof reverseSyncFile>
