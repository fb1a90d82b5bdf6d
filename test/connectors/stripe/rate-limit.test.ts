import { describe, expect, it } from 'vitest'
import { createRateLimit } from '../../../connectors/stripe/sandbox/rate-limit.ts'

describe("the simulator's limit", () => {
  it('lets a burst through, then so many a second', () => {
    let nowMs = 0
    const hasRoom = createRateLimit(() => nowMs, 100, 200)
    const ask = (count: number) => Array.from({ length: count }, hasRoom).filter(Boolean).length
    expect(ask(500)).toBe(200)
    nowMs += 1000
    expect(ask(500)).toBe(100)
    nowMs += 60_000
    expect(ask(500)).toBe(200)
  })
})
