import { formatCount, formatSeconds } from './format-number.ts'
import { renderTable } from './table.ts'

export type DemoRound = {
  readonly title: string
  readonly read: number
  readonly loaded: number
  readonly added: number
  readonly changed: number
  readonly removed: number
  readonly rejected: number
  readonly requests: number
  readonly seconds: number
}

/** The end of `npm start`: a row per round, both directions in one line. */
export function renderDemoTable(rounds: readonly DemoRound[], options: { readonly color?: boolean } = {}): string {
  const rows = rounds.map((round, index) => [
    `${index + 1}  ${round.title}`,
    formatCount(round.read),
    formatCount(round.loaded),
    orDash(round.added),
    orDash(round.changed),
    orDash(round.removed),
    formatCount(round.rejected),
    formatCount(round.requests),
    formatSeconds(round.seconds),
  ])
  return renderTable(columns, rows, options)
}

const orDash = (count: number) => (count === 0 ? '–' : formatCount(count))

const columns = ['round', 'read', 'loaded', 'added', 'changed', 'removed', 'rejected', 'requests', 'time'].map(
  (header, index) => ({ header, align: index === 0 ? 'left' : 'right' }) as const,
)
