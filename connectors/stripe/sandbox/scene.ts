import type { SimulatorContext } from 'millrace/sandbox'

/** What seeding works with. */
export type Scene = Pick<SimulatorContext, 'world' | 'store'> & {
  /** Unix seconds. */
  readonly now: number
}

export const toSeconds = (instant: Date) => Math.floor(instant.getTime() / 1000)

export const daySeconds = 86_400
export const monthSeconds = 30 * daySeconds
