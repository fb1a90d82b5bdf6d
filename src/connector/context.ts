import type { Host, Http } from './host.ts'

export type CallContext = { readonly signal: AbortSignal }

/** What the functions of a declarative connector get. */
export type Context = CallContext & { readonly http: Http; readonly host: Host }
