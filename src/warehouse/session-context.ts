import { AsyncLocalStorage } from 'node:async_hooks'
import { MillraceError } from '../model/millrace-error.ts'
import type { SessionRequest } from './port.ts'

const context = new AsyncLocalStorage<string>()

/** Is a warehouse session open in this flow of work? Then no vendor may be called. */
export const inSession = (): boolean => context.getStore() !== undefined

/** @throws MillraceError MR-7000 inside another session */
export function asSession<T>(request: SessionRequest, work: () => Promise<T>): Promise<T> {
  if (!inSession()) return context.run(request.purpose, work)
  throw new MillraceError('MR-7000', {
    message: `A warehouse session (${request.purpose}) was asked for inside another one (${context.getStore() ?? ''}).`,
  })
}

export const sessionStopped = (request: SessionRequest, cause: unknown): MillraceError =>
  new MillraceError('MR-7001', {
    message: `The warehouse session (${request.purpose}) was stopped on request.`,
    kept: 'What it had not committed was rolled back.',
    cause,
  })
