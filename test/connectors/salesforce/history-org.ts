/** What happens in an org of made-up time, by the simulator's own records. */
import type { JsonObject } from 'millrace'
import type { SimulatorContext } from 'millrace/sandbox'
import { createRecord, deleteRecord, requireObject, updateRecord } from '../../../connectors/salesforce/sandbox/org.ts'
import { industries } from '../../../connectors/salesforce/sandbox/picklists.ts'
import { recordId } from '../../../connectors/salesforce/sandbox/record-id.ts'
import { userId } from '../../../connectors/salesforce/sandbox/seed-users.ts'

export type Edit = {
  readonly kind: 'put' | 'bin' | 'undelete' | 'purge' | 'pass'
  readonly object: number
  readonly who: number
  /** How long the transaction takes: its stamp is of its beginning, and nobody sees it before its end. */
  readonly takesMs: number
  /** Of `pass`. */
  readonly ms: number
}

export const edited = ['Account', 'Contact', 'Subscription__c'] as const
type Edited = (typeof edited)[number]

type Transaction = { readonly endsMs: number; readonly record: string; readonly commit: () => void }

export class Org {
  readonly #context: SimulatorContext
  readonly #nowMs: () => number
  #open: readonly Transaction[] = []
  #changes = 0
  /** Ids never come again. */
  readonly #lives = new Map<string, number>()

  /** Salesforce does not say what becomes of the history of a record that goes into the recycle bin. */
  readonly #flagsHistory: boolean

  constructor(context: SimulatorContext, nowMs: () => number, flagsHistory: boolean) {
    this.#context = context
    this.#nowMs = nowMs
    this.#flagsHistory = flagsHistory
  }

  /** Ends what is over by now. */
  settle(nowMs = this.#nowMs()): void {
    const over = this.#open.filter(({ endsMs }) => endsMs <= nowMs)
    this.#open = this.#open.filter(({ endsMs }) => endsMs > nowMs)
    for (const { commit } of over.toSorted((a, b) => a.endsMs - b.endsMs)) commit()
  }

  apply({ kind, object, who, takesMs }: Exclude<Edit, { kind: 'pass' }>): void {
    this.settle()
    const { store } = this.#context
    const name = edited[object % edited.length] ?? 'Account'
    const slot = `${name} ${who}`
    // Whoever writes a record that another transaction has locked waits for it.
    if (this.#open.some(({ record }) => record === slot)) return
    const life = this.#lives.get(slot) ?? 0
    const id = recordId(prefixes[name], 1000 + who + 100 * life)
    const before = store.get(name, id)
    const isBinned = before?.['IsDeleted'] === true
    const type = requireObject(name)
    const at = new Date(this.#nowMs())
    const stamp = { at, by: userId(1) }
    const mark = ++this.#changes
    const commit = () => {
      if (kind === 'put' && !before) createRecord(this.#context, type, { Id: id, ...valuesOf(name, mark) }, stamp)
      else if (kind === 'put' && !isBinned) updateRecord(this.#context, type, id, valuesOf(name, mark), stamp)
      else if (kind === 'bin' && before && !isBinned) deleteRecord(this.#context, type, id, stamp)
      else if (kind === 'undelete' && isBinned) updateRecord(this.#context, type, id, { IsDeleted: false }, stamp)
      else if (kind === 'purge' && isBinned) {
        store.remove(name, id)
        this.#lives.set(slot, life + 1)
      }
      if (this.#flagsHistory && (kind === 'bin' || kind === 'undelete')) this.#flagHistory(id, kind === 'bin')
    }
    if (takesMs === 0 || kind === 'purge') commit()
    else this.#open = [...this.#open, { endsMs: at.getTime() + takesMs, record: slot, commit }]
  }

  #flagHistory(account: string, isDeleted: boolean): void {
    const { store } = this.#context
    for (const [id, row] of store.all('AccountHistory'))
      if (row['AccountId'] === account) store.put('AccountHistory', id, { ...row, IsDeleted: isDeleted })
  }
}

const prefixes: { readonly [name in Edited]: string } = { Account: '001', Contact: '003', Subscription__c: 'a01' }

function valuesOf(object: Edited, mark: number): JsonObject {
  if (object === 'Contact') return { LastName: `名 “${mark}"`, HasOptedOutOfEmail: mark % 2 === 0, MobilePhone: null }
  if (object === 'Subscription__c') return { Name: `S-${mark}`, Amount__c: `${mark}.50`, Cancels__c: mark % 3 === 0 }
  const industry = industries[mark % industries.length] ?? null
  return { Name: `A, ${mark}\n`, Industry: industry, NumberOfEmployees: mark, BillingCity: `C ${mark}` }
}
