import { getSystemErrorMessage } from 'node:util'

/** What the system says of an error of its own, as `permission denied`; undefined: it is none. */
export const systemWords = (error: unknown): string | undefined =>
  error instanceof Error && 'errno' in error && typeof error.errno === 'number'
    ? getSystemErrorMessage(error.errno)
    : undefined
