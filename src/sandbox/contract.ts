/**
 * What a vendor's simulator is (`connectors/<vendor>/sandbox.ts`, default export). The host (`src/sandbox`) gives it a
 * store that survives restarts, the clock, the cast of the world and the day's story, and serves its `fetch` on 127.0.0.1.
 * In a simulator: the vendor's endpoints and refusals. In the host: sockets, faults, the journal, the clock.
 */
import type { JsonObject } from '../model/json.ts'
import type { ListedFaults } from './fault-catalogue.ts'

export type SimulatorDefinition = {
  /** The connector's name. */
  readonly name: string
  /** What to write over a connection's keys so that it points here; secrets are the simulator's own. */
  readonly connection: (address: { readonly host: string; readonly port: number }) => {
    readonly [key: string]: string | number
  }
  /** Fills an empty store from the cast. Deterministic: the same world gives the same bytes. */
  readonly seed: (context: SimulatorContext) => void
  /** Plays one day of the story. The clock stands at the day's end; changes are stamped through the day (`event.at`). */
  readonly move: (context: SimulatorContext, day: Day) => void
  /** Answers one request. */
  readonly serve: (context: SimulatorContext) => (request: Request) => Response | Promise<Response>
  /** endpoint → the refusals that it gives: walked by a test through the SDK. */
  readonly coverage: { readonly [endpoint: string]: readonly Refusal[] }
  /** Fields of the vendor's published description that are not there, and why. */
  readonly leftOut: { readonly [thing: string]: string }
  /**
   * Faults that it plays itself: what each does, for `sandbox fault`, and its keys, without which a key is refused. Beside them it
   * plays `rate_limit` and `expire_tokens` without keys, where it says no other of them; null: it does not. @default any name and key
   */
  readonly faults?: ListedFaults
}

export type Refusal = 'unknown_field' | 'wrong_type' | 'missing_parameter' | 'bad_credentials' | 'too_many_requests'

export type SimulatorContext = {
  readonly world: World
  readonly store: SimulatorStore
  /** The vendor's clock: stands still but for `move`. */
  readonly now: () => Date
  /** Faults that are on for this simulator: `rate_limit`, `expire_tokens`, and the simulator's own names. */
  readonly fault: (name: string) => JsonObject | null
}

/** Records by type and id, kept in a file as they are written. Iteration is in order of insertion. */
export type SimulatorStore = {
  readonly get: (type: string, id: string) => JsonObject | undefined
  readonly put: (type: string, id: string, record: JsonObject) => void
  readonly remove: (type: string, id: string) => void
  readonly all: (type: string) => IterableIterator<[string, JsonObject]>
  readonly count: (type: string) => number
  readonly types: () => readonly string[]
  /** A counter that never repeats, for ids. */
  readonly next: (name: string) => number
  /** Many writes as one. */
  readonly batch: (write: () => void) => void
}

/** The cast that all vendors share: what makes relations hold across them. Deterministic by seed. */
export type World = {
  readonly seed: number
  /** The instant at which the first day ends: the clock before any `move`. */
  readonly epoch: Date
  readonly companies: readonly Company[]
  readonly people: readonly Person[]
  readonly staff: readonly Staff[]
  readonly deals: readonly Deal[]
  /** A random stream of its own per name: adding a use never shifts another's values. */
  readonly random: (name: string) => Random
}

export type Random = {
  /** 0 ≤ x < 1 */
  readonly next: () => number
  /** low ≤ n ≤ high */
  readonly integer: (low: number, high: number) => number
  readonly pick: <T>(items: readonly T[]) => T
  readonly chance: (probability: number) => boolean
}

/** `number` is 1-based and the same at every vendor; vendors make their own ids from it. */
export type Company = {
  readonly number: number
  readonly name: string
  readonly domain: string
  readonly country: string
  readonly currency: string
  readonly industry: string
  readonly employees: number
  readonly createdAt: Date
  /** Has a Stripe customer. */
  readonly pays: boolean
  readonly owner: number
}

/** `lead`: not yet at a company that the CRM knows; `contact`: at `company`. */
export type Person = {
  readonly number: number
  readonly kind: 'contact' | 'lead'
  readonly company: number
  readonly firstName: string
  readonly lastName: string
  readonly email: string
  readonly phone: string | null
  readonly title: string | null
  readonly createdAt: Date
  readonly optOut: { readonly email: boolean; readonly sms: boolean; readonly phone: boolean; readonly news: boolean }
}

export type Staff = { readonly number: number; readonly name: string; readonly email: string }

export type Deal = {
  readonly number: number
  readonly company: number
  readonly name: string
  readonly stage: 'Prospecting' | 'Qualification' | 'Proposal' | 'Negotiation' | 'Closed Won' | 'Closed Lost'
  readonly amountCents: number
  readonly createdAt: Date
  readonly owner: number
}

/** One day: what happens in the world, in order. Each vendor plays what concerns it. */
export type Day = {
  readonly number: number
  readonly start: Date
  readonly end: Date
  readonly events: readonly WorldEvent[]
}

export type WorldEvent = { readonly at: Date } &
  /** A person says no: recorded in the CRM, or by themselves at the messaging tool. */
  (
    | {
        readonly kind: 'opt_out'
        readonly person: number
        readonly channel: 'email' | 'sms' | 'phone' | 'news'
        readonly by: 'crm' | 'messaging'
      }
    | { readonly kind: 'deal_moves'; readonly deal: number; readonly to: Deal['stage']; readonly staff: number }
    | { readonly kind: 'lead_converts'; readonly person: number; readonly staff: number }
    | { readonly kind: 'subscription_ends'; readonly company: number }
    | {
        readonly kind: 'account_edited'
        readonly company: number
        readonly field: 'industry' | 'employees' | 'phone'
        readonly value: string
        readonly staff: number
      }
    | {
        readonly kind: 'person_edited'
        readonly person: number
        readonly field: 'title' | 'phone' | 'email'
        readonly value: string
        readonly staff: number
      }
    | { readonly kind: 'person_deleted'; readonly person: number; readonly staff: number }
    | { readonly kind: 'invoice_paid'; readonly company: number }
  )
