import { cutToWidth, displayWidth, padToWidth } from './display-width.ts'
import { formatCount, formatCounted, formatInstant, formatRate, formatSeconds } from './format-number.ts'
import type { LivePart, LiveRun, LiveState } from './live-state.ts'
import { makePaint, type Style } from './paint.ts'
import { printable } from './printable.ts'

export type LiveView = {
  readonly columns: number
  readonly rows: number
  readonly nowMs: number
  readonly color: boolean
}

/** The lines of the live view: none is wider than the terminal, and there are never more than fit on it. */
export function liveLines(state: LiveState, view: LiveView): readonly string[] {
  const runs = [...state.runs.values()]
  const room = Math.max(1, Math.floor((view.rows - 1) / Math.max(1, runs.length)))
  const lines = runs.flatMap((run) => runLines(run, view.nowMs, room))
  return lines.slice(0, Math.max(1, view.rows - 1)).map((line) => paintLine(line, view))
}

type Segment = readonly [style: Style, text: string]

function runLines(run: LiveRun, nowMs: number, room: number): readonly (readonly Segment[])[] {
  const scan =
    run.scan === undefined ? '' : `  scan ${run.scan}${run.to === undefined ? '' : ` · to ${formatInstant(run.to)}`}`
  const head: readonly Segment[] = [
    ['bold', ` ${run.sync}`],
    ['dim', scan],
  ]
  const calls = `API calls ${formatCount(run.requests)} · ${formatCounted(run.retries, 'retry', 'retries')}`
  const foot: readonly Segment[] = [
    ['dim', ` ${calls}`],
    ...(run.waiting === undefined ? [] : [['yellow', ` · ${run.waiting}`] as const]),
  ]
  // Those under way first; what is done gives way when there is no room.
  const parts = [...run.parts.values()].sort((a, b) => Number(a.state === 'done') - Number(b.state === 'done'))
  const shown = parts.slice(0, Math.max(1, parts.length > room - 2 ? room - 3 : room - 2))
  const hidden = parts.length - shown.length
  const widths = widthsOf(shown)
  return [
    head,
    ...shown.map((part) => partLine(part, widths, nowMs)),
    ...(hidden > 0 ? [[['dim', `   … ${formatCount(hidden)} more`]] as const] : []),
    foot,
  ]
}

type Widths = { readonly name: number; readonly counts: number }

const widthsOf = (parts: readonly LivePart[]): Widths => ({
  name: Math.min(40, Math.max(0, ...parts.map((part) => displayWidth(printable(part.name))))),
  counts: Math.max(0, ...parts.map((part) => displayWidth(countsText(part)))),
})

function partLine(part: LivePart, widths: Widths, nowMs: number): readonly Segment[] {
  const seconds = Math.max(0.001, ((part.finishedAtMs ?? nowMs) - part.startedAtMs) / 1_000)
  const rate = part.rows > 0 ? formatRate(part.rows / seconds) : ''
  const name = padToWidth(cutToWidth(printable(part.name), widths.name), widths.name)
  return [
    ['plain', `   ${name}  ${padToWidth(countsText(part), widths.counts, 'right')}  ${padToWidth(rate, 9, 'right')}  `],
    ...progress(part, seconds),
    ...(part.rejected > 0 ? [['yellow', `  ${formatCount(part.rejected)} rejected`] as const] : []),
  ]
}

const countsText = (part: LivePart) =>
  part.total === undefined ? formatCount(part.rows) : `${formatCount(part.rows)} of ${formatCount(part.total)}`

function progress(part: LivePart, seconds: number): readonly Segment[] {
  if (part.state === 'done') return [['green', 'committed']]
  if (part.rows === 0) return [['dim', 'waiting for the first rows']]
  if (part.total === undefined || part.total === 0)
    return [['dim', part.state === 'committed' ? 'committed so far' : '']]
  const fraction = Math.min(1, part.rows / part.total)
  const filled = Math.round(fraction * barWidth)
  const left = fraction < 1 ? `  ${formatSeconds((seconds / fraction) * (1 - fraction))}` : ''
  return [
    ['cyan', '█'.repeat(filled)],
    ['dim', '░'.repeat(barWidth - filled)],
    ['plain', left],
  ]
}

/** Cuts first and paints then, so that no colour is ever cut in its middle. */
function paintLine(segments: readonly Segment[], view: LiveView): string {
  const paint = makePaint(view.color)
  let room = view.columns - 1
  return segments
    .map(([style, raw]) => {
      const text = cutToWidth(printable(raw), room)
      room -= displayWidth(text)
      return paint(style, text)
    })
    .join('')
}

const barWidth = 20
