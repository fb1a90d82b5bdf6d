/** A row of `_millrace.cursors` as a cursor. Whoever can write into the warehouse can change it, so its form is looked at. */
import { z } from 'zod'
import {
  cursorVersion,
  type Asked,
  type ChildKey,
  type Cursor,
  type CursorMarks,
  type LoadedFields,
  type PartitionState,
  type ScanState,
  type Throughout,
} from '../../model/cursor.ts'
import { MillraceError } from '../../model/millrace-error.ts'
import type { TextRow } from '../port.ts'

type Of = { readonly sync: string; readonly stream: string }

/** @throws MillraceError MR-2007 */
export function cursorOf(row: TextRow, of: Of): Cursor {
  const { watermark = null, scan, marks, cursor_version: version } = row
  refuseNewerForm(Number(version ?? cursorVersion), of)
  const { error } = instant.nullable().safeParse(watermark)
  if (error) throw flawed(of, 'watermark', error)
  const own = marks ? (parse(of, 'marks', { form: marksForm, json: marks }) as CursorMarks) : undefined // as the form says
  const last = instant.safeParse(row['last_commit']).data
  return {
    watermark,
    scan: scan ? (parse(of, 'scan', { form: scanForm, json: scan }) as ScanState | null) : null, // as the form says
    ...((own ?? last) !== undefined && { marks: { ...own, ...(last !== undefined && { committed_at: last }) } }),
  }
}

/** @throws MillraceError MR-2007 */
export const askedIn = (json: string, of: Of): Asked => parse(of, 'marks', { form: askedForm, json }) as Asked // as the form says

function parse(of: Of, part: string, { form, json }: { readonly form: z.ZodType; readonly json: string }): unknown {
  try {
    const value: unknown = JSON.parse(json)
    form.parse(value)
    // As it stands: what comes of the form has its members in another order.
    return value
  } catch (error) {
    throw flawed(of, part, error)
  }
}

const flawed = ({ sync, stream }: Of, part: string, cause: unknown) =>
  new MillraceError('MR-2007', {
    message: `${sync}, stream ${stream}: the ${part} of its cursor in _millrace.cursors is none that millrace writes: something else has changed it.`,
    kept: 'The cursor is as it was found; nothing was read by it.',
    next: [
      'Restore the row or the warehouse from a backup, or',
      `millrace sync state reset ${sync} --stream ${stream}   forgets the cursor: the next run reads the stream from the beginning`,
    ],
    cause,
  })

/** @throws MillraceError MR-2007 */
export function refuseNewerForm(form: number, { sync, stream }: Of): void {
  if (form <= cursorVersion) return
  throw new MillraceError('MR-2007', {
    message: `${sync}, stream ${stream}: its cursor in _millrace.cursors has form ${form}, and this millrace knows forms up to ${cursorVersion}.`,
    kept: 'The cursor is as it was found; nothing was read by it.',
    next: 'A newer millrace has used this warehouse: update this one (npm ci).',
  })
}

const instant = z.string().refine((text) => /^\d{4}-\d\d-\d\d/.test(text) && !Number.isNaN(Date.parse(text)))

/** Each member of a stored type has its form: one that is added to the type is missing here. */
type Forms<T> = { readonly [K in keyof T]-?: z.ZodType<T[K]> }

const names = z.array(z.string())
const masks = z.record(z.string(), z.string())
const loadedFields = z.looseObject({ columns: masks, idle: names } satisfies Forms<LoadedFields>)

/** Members that a newer millrace adds stay. What is the connector's own may have any form. */
const scanForm = z
  .looseObject({
    id: z.string(),
    upper_bound: instant,
    started_at: instant,
    full: z.boolean(),
    stands: z.boolean().optional(),
    restates: z.boolean().optional(),
    generation: z.boolean().optional(),
    by: z.string().optional(),
    account: z.string().optional(),
    throughout: z
      .looseObject({
        fields: names,
        inside: z.record(z.string(), names),
        flag: z.string().nullable(),
      } satisfies Forms<Throughout>)
      .optional(),
    read: z.number(),
    partitions: z.array(
      z.looseObject({ from: instant.nullable(), to: instant, done: z.boolean() } satisfies Forms<
        Omit<PartitionState, 'resume'>
      >),
    ),
  } satisfies Forms<Omit<ScanState, 'partitions'>> & { partitions: z.ZodType })
  .nullable()

const askedForm = z.looseObject({
  start: z.string().nullable(),
  where: z.string().nullable(),
  masks,
  valueMasks: masks.optional(),
  children: z.record(z.string(), masks).optional(),
  childKeys: z
    .record(z.string(), z.looseObject({ key: names, parent: z.string(), masks } satisfies Forms<ChildKey>))
    .optional(),
  table: z.string().optional(),
  key: names.optional(),
  version: z.string().nullable().optional(),
  flag: z.string().nullable().optional(),
  source: z.string().nullable().optional(),
  account: z.string().optional(),
  query: z.string().nullable().optional(),
  options: z.record(z.string(), z.json()).optional(),
  loaded: loadedFields.optional(),
  inside: z.record(z.string(), loadedFields).optional(),
  history: z.looseObject({ include: names.nullable(), exclude: names }).optional(),
  replaced: z.boolean().optional(),
  by: z.string().optional(),
} satisfies Forms<Asked>)

const marksForm = z.looseObject({
  restated_at: instant.optional(),
  listed_at: instant.optional(),
  committed_at: instant.optional(),
  asked: askedForm.optional(),
} satisfies Forms<Omit<CursorMarks, 'last'>>)
