/** The sandbox's one clock. It stands at the end of a day, and moves only when the host turns to another one. */
export type SandboxClock = {
  readonly now: () => Date
  /** Days since the epoch: 0 before any move. */
  readonly day: () => number
  readonly turnTo: (day: number) => void
}

export function createClock(epoch: Date): SandboxClock {
  let day = 0
  return {
    now: () => new Date(epoch.getTime() + day * dayMs),
    day: () => day,
    turnTo: (wanted) => {
      day = wanted
    },
  }
}

const dayMs = 86_400_000
