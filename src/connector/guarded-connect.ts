import { guardedLookup } from './address-guard.ts'

/** How our own sockets connect. rejectUnauthorized stands here so that NODE_TLS_REJECT_UNAUTHORIZED=0 cannot turn it off. */
export const guardedConnect = { timeout: 10_000, lookup: guardedLookup, rejectUnauthorized: true } as const
