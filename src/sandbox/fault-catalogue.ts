/** A fault that there is: what it does, told with its keys and what they are without a word, and the keys as data. */
export type Fault = {
  readonly does: string
  /** Its own, beside those that every fault takes. @default none */
  readonly keys?: { readonly [key: string]: FaultKey }
  /** Without one of these keys it would do nothing. @default none is needed */
  readonly needs?: readonly string[]
  /** On until it is taken away, whatever is asked: it takes none of the keys that every other fault takes. */
  readonly isLasting?: true
}

/** What a key takes. `text_or_json` is text on a command line; a list is of texts. */
export type FaultKey =
  | 'text'
  | 'pattern'
  | 'flag'
  | 'list'
  | 'text_or_json'
  | { readonly oneOf: readonly (string | number)[] }
  | {
      readonly least: number
      readonly most?: number
      readonly isWhole?: true
      /** What may stand in the number's place. */
      readonly or?: readonly string[]
    }

export type FaultCatalogue = { readonly [name: string]: Fault }

/** What every fault takes that is not lasting. */
export const commonKeys = {
  times: { least: 1, isWhole: true, or: ['always'] },
  match: 'pattern',
  after: { least: 0, isWhole: true },
  chance: { least: 0, most: 1 },
  seed: { least: 0, isWhole: true },
} as const satisfies { readonly [key: string]: FaultKey }

/** A timer that is set for longer goes off at once. */
export const waitMs: FaultKey = { least: 0, most: 2_147_483_647 }

/** The faults that the host plays on the wire. */
export const faultCatalogue = {
  status: {
    does: 'answers with a status instead of the vendor: status (503), retry_after (seconds, "date" or "absurd"), body',
    keys: {
      status: { least: 200, most: 599, isWhole: true },
      retry_after: { least: 0, or: ['date', 'absurd'] },
      body: 'text_or_json',
    },
  },
  error_200: { does: 'answers 200 with an error in the body: body', keys: { body: 'text_or_json' } },
  html: {
    does: 'answers 200 with an HTML page, as a proxy or a maintenance window does: body',
    keys: { body: 'text_or_json' },
  },
  hang: { does: 'never answers; with handled: true the vendor has done what was asked', keys: { handled: 'flag' } },
  slow: { does: 'answers one byte at a time: interval_ms (1000)', keys: { interval_ms: waitMs } },
  delay: { does: 'waits before the vendor gets the request: ms (1000)', keys: { ms: waitMs } },
  refused: { does: 'nobody listens on the port, until the fault is taken away', isLasting: true },
  reset_before: { does: 'drops the connection; the vendor never saw the request' },
  reset_after: { does: 'the vendor does what was asked, then the connection drops: nobody knows' },
  truncated_gzip: { does: 'a gzip answer that ends too early' },
  wrong_length: { does: 'a Content-Length larger than the answer' },
  cut_json: { does: 'half of the answer, correctly framed' },
  bad_utf8: { does: 'a byte in the answer that is not UTF-8' },
  inflate: {
    does: 'a small gzip answer that inflates to gigabytes: gigabytes (4)',
    keys: { gigabytes: { least: 0.01 } },
  },
} as const satisfies FaultCatalogue

/** Faults that simulators play themselves; each may have more. */
export const simulatorFaults = {
  rate_limit: { does: 'the vendor’s own refusal for too many requests' },
  expire_tokens: { does: 'tokens given out so far are no longer valid' },
} as const satisfies FaultCatalogue

/** As a simulator lists them: a text is a fault without keys; null: one of `simulatorFaults` that it does not play. */
export type ListedFaults = { readonly [name: string]: string | Fault | null }

/** Those that a simulator plays itself. */
export const ownFaultsOf = (listed: ListedFaults): FaultCatalogue =>
  Object.fromEntries(
    Object.entries({ ...simulatorFaults, ...listed }).flatMap(([name, fault]) =>
      fault === null ? [] : [[name, typeof fault === 'string' ? { does: fault } : fault]],
    ),
  )
