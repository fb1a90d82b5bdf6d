import type { Json, JsonObject } from 'millrace'
import type { SimulatorContext, SimulatorStore } from 'millrace/sandbox'
import { describe } from './objects/describe.ts'
import { listPage } from './list-page.ts'
import type { ParameterKind, ParameterRules, ParameterSpec, Parameters } from './parameters.ts'
import { eachRecord, getRecord, type Records } from './records.ts'
import { refuseMissingObject, type Refusal } from './refusal.ts'
import type { ApiVersion } from './versions.ts'

export type Endpoint = ParameterRules & {
  /** `/v1/invoices/:id/lines` */
  readonly path: string
  /** What a restricted key must have. https://docs.stripe.com/keys/restricted-api-keys */
  readonly permission: string
  readonly answer: (request: Asked) => JsonObject | Refusal
}

export type Asked = {
  /** Its store is that of the account that is asked for. */
  readonly context: SimulatorContext
  /** A connected account; null: the platform's own. */
  readonly account: string | null
  /** The platform's store. */
  readonly platform: SimulatorStore
  readonly id: string
  readonly path: string
  readonly version: ApiVersion
  readonly parameters: Parameters
  /** Unix seconds. */
  readonly now: number
}

type ListOf<T extends keyof Records> = {
  readonly stored: T
  /** @default `/v1/<stored>` */
  readonly path?: string
  readonly noun: string
  readonly permission: string
  /** Parameters that ask for the value of the field of their name. */
  readonly by?: { readonly [field in keyof Records[T] & string]?: ParameterKind }
  /** What it takes beside them; `matches` says what it means. */
  readonly takes?: ParameterSpec
  readonly expandable?: readonly string[]
  readonly matches?: (record: Records[T], parameters: Parameters) => boolean
}

/** A list and its single objects. */
export function collection<T extends keyof Records>(list: ListOf<T>): readonly Endpoint[] {
  const { stored, noun, permission, path: listPath = `/v1/${stored}`, expandable = [] } = list
  const by: ParameterSpec = { ...list.by }
  const fits = (record: JsonObject, { strings }: Parameters) =>
    Object.keys(by).every((field) => is(strings[field], textOf(record[field])))
  return [
    {
      path: listPath,
      permission,
      isList: true,
      takes: { created: 'range', ...by, ...list.takes },
      expandable,
      answer: ({ context, path, parameters, version, now }) => {
        const { store } = context
        const records = leaveOut(context, newestFirst(store, stored)).filter(
          (record) =>
            inRange(createdOf(record), parameters.ranges.created) &&
            fits(record, parameters) &&
            (list.matches?.(record, parameters) ?? true),
        )
        return listPage(
          { records, path, parameters, noun, known: (id) => store.get(stored, id) !== undefined },
          (record) => describe(store, { stored, record, version, expand: parameters.expand, now }),
        )
      },
    },
    {
      path: `${listPath}/:id`,
      permission,
      isList: false,
      takes: {},
      expandable,
      answer: ({ context: { store }, id, version, parameters, now }) => {
        const record = getRecord(store, stored, id) ?? onTestClock(store, stored, id)
        if (record) return describe(store, { stored, record, version, expand: parameters.expand, now })
        // Of a customer the vendor says that it was there: https://docs.stripe.com/api/customers/retrieve
        if (stored === 'customers' && getRecord(store, 'gone', id)) return { id, object: noun, deleted: true }
        return refuseMissingObject(noun, id, 'id')
      },
    },
  ]
}

/** https://docs.stripe.com/api/customers/list : not in the list unless their clock is asked for */
const onTestClock = (store: SimulatorStore, stored: keyof Records, id: string) =>
  stored === 'customers' ? getRecord(store, 'clocked_customers', id) : undefined

type PartsOf<T extends keyof Records, P> = {
  readonly stored: T
  /** `/v1/invoices/:id/lines` */
  readonly path: string
  readonly noun: string
  readonly partNoun: string
  readonly permission: string
  readonly parts: (record: Records[T]) => readonly P[]
  readonly describe: (part: P, whole: Records[T], asked: Asked) => JsonObject
}

/** A list of what is in one object. */
export const partsOf = <T extends keyof Records, P extends { readonly id: string }>({
  stored,
  path: partsPath,
  noun,
  partNoun,
  permission,
  parts,
  describe: describePart,
}: PartsOf<T, P>): Endpoint => ({
  path: partsPath,
  permission,
  isList: true,
  takes: {},
  expandable: [],
  answer: (asked) => {
    const { context, id, path, parameters } = asked
    const whole = getRecord(context.store, stored, id)
    if (!whole) return refuseMissingObject(noun, id, 'id')
    const records = parts(whole)
    const known = (part: string) => records.some((each) => each.id === part)
    return listPage({ records, path, parameters, noun: partNoun, known }, (part) => describePart(part, whole, asked))
  },
})

/** The fault `emptied`: the part of the list that is there. The objects still answer by their ids. */
function leaveOut<T>({ fault }: SimulatorContext, records: readonly T[]): readonly T[] {
  const emptied = fault('emptied')
  return emptied ? records.slice(0, Math.floor(records.length * Number(emptied.keep ?? 0))) : records
}

export function newestFirst<T extends keyof Records>(store: SimulatorStore, stored: T): readonly Records[T][] {
  return [...eachRecord(store, stored)].reverse().toSorted((a, b) => createdOf(b) - createdOf(a))
}

const createdOf = (record: Records[keyof Records]) => ('created' in record ? record.created : 0)

/** Where it is not asked for, everything fits. */
export const is = (wanted: string | undefined, value: string | null) => wanted === undefined || wanted === value

const textOf = (value: Json | undefined) => (value === undefined || value === null ? null : String(value))

export const inRange = (value: number | null, range: Parameters['ranges'][string] | undefined) =>
  range === undefined ||
  (value !== null &&
    (range.gt ?? -Infinity) < value &&
    (range.gte ?? -Infinity) <= value &&
    value < (range.lt ?? Infinity) &&
    value <= (range.lte ?? Infinity))
