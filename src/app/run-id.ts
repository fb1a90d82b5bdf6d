import { randomBytes } from 'node:crypto'

/** Sorts by time: `mlx3k2p1-9f3a`. */
export const newRunId = (now: Date): string => `${now.getTime().toString(36)}-${randomBytes(2).toString('hex')}`
