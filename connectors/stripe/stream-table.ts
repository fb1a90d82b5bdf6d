/** What a row of the table of streams says. The rows are in streams.ts and in the tables beside it. */
import type { Columns } from './columns.ts'

export type StripeStream = {
  readonly name: string
  readonly docs: string
  /** Of its list; one object is at `<path>/<id>`. */
  readonly path: string
  readonly columns: Columns
  /** What is asked for, in so many passes: some lists leave things out unless they are asked for them. @default one, with nothing */
  readonly passes?: readonly Query[]
  /** Fields that come only when they are expanded. */
  readonly expand?: readonly string[]
  /** The field with the time of its creation, by which lists are ordered and bounded. @default 'created' */
  readonly createdAs?: 'date'
  /** A pass lists everything that is not deleted: what it did not list is gone. */
  readonly enumerates: boolean
  /** Its list leaves out what is on a test clock, though its events come. */
  readonly hidesTestClocks?: boolean
  /** How old a pass over everything may be, where nothing else tells what is gone, in milliseconds. @default any age */
  readonly fullEveryMs?: number
  /** Written once: rows are added, and none is read again. */
  readonly appendOnly?: boolean
  /** Where its changes come from; null: there are no events of it. */
  readonly events: EventTypes | null
  /** What events do not tell. */
  readonly untold?: Untold
  readonly minorUnits?: MinorUnits
  /** Only the platform's own account has it. */
  readonly ofPlatform?: boolean
  readonly children?: readonly StripeChild[]
}

/** At most twenty types, which is what one list of events takes. */
export type EventTypes = {
  /** Events whose object is the stream's own. */
  readonly own: readonly string[]
  /** Events of other objects that change it, by the field that holds its id. */
  readonly by?: { readonly [field: string]: readonly string[] }
  /** These say that it is gone for good. */
  readonly deleted?: string
}

export type Untold = {
  /** No event says that there is a new one: every scan lists what was created since the last. */
  readonly isNew?: boolean
  /** Changes without an event: once a day, what was created in the last so many days is listed again, or `all` of it. */
  readonly daily?: number | 'all'
}

/** Amounts in the minor unit of a currency. https://docs.stripe.com/currencies#minor-units */
export type MinorUnits = { readonly currency: string; readonly amounts: readonly string[] }

export type StripeChild = {
  readonly name: string
  readonly docs: string
  readonly columns: Columns
  /** The parent's field with the embedded list: its first ten. */
  readonly field: string
  /** Parents whose field has this value have no such list: null, or not there. Of any other it would be a list that was lost. */
  readonly noneWhere?: { readonly field: string; readonly is: string }
  /** The child's field with its parent's id. */
  readonly parent: string
  /** Fields that the vendor's child lacks ← the parent's fields that they are taken from. */
  readonly taken?: { readonly [field: string]: string }
  /** The whole list of one parent. */
  readonly list: (parent: string) => { readonly path: string; readonly endpoint: string; readonly query: Query }
  readonly minorUnits?: MinorUnits
}

export type Query = { readonly [name: string]: string | number }

/** In the currency of the row. */
export const inCurrency = (amounts: string): MinorUnits => ({ currency: 'currency', amounts: amounts.split(/\s+/) })

/** `/v1/invoices/:id/lines` */
export const listOf =
  (collection: string, field: string): StripeChild['list'] =>
  (parent) => ({
    path: `/v1/${collection}/${encodeURIComponent(parent)}/${field}`,
    endpoint: `/v1/${collection}/:id/${field}`,
    query: {},
  })
