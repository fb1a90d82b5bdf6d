import type { Output } from './render-mode.ts'

/** A few lines at the bottom of a terminal that are drawn again and again, while what is above them scrolls as ever. */
export type LiveScreen = {
  /** Draws soon; at most ten times a second, however often it is called. */
  readonly refresh: () => void
  /** Prints lines above the live ones, to stay. */
  readonly print: (text: string, output?: Output) => void
  /** Clears the live lines and gives the cursor back. Nothing is drawn after it. */
  readonly close: () => void
}

export function createLiveScreen(output: Output, lines: () => readonly string[]): LiveScreen {
  let drawn = 0
  let timer: NodeJS.Timeout | undefined
  let isStale = false
  let isClosed = false
  let lastDrawnMs = -Infinity

  const clear = () => {
    if (drawn > 0) output.write(`\u001b[${drawn}A\r\u001b[J`)
    drawn = 0
  }
  const draw = () => {
    const texts = lines()
    const up = drawn > 0 ? `\u001b[${drawn}A\r` : ''
    // Each line is overwritten and cleared to its end, then what is left below: the view never goes blank in between.
    output.write(`${up}${texts.map((text) => `${text}\u001b[K\n`).join('')}\u001b[J`)
    drawn = texts.length
    isStale = false
    lastDrawnMs = performance.now()
  }
  const tick = () => {
    if (isStale || performance.now() - lastDrawnMs >= idleMs) draw()
  }
  const open = () => {
    if (timer || isClosed) return
    output.write(hideCursor)
    timer = setInterval(tick, frameMs)
    timer.unref()
    process.once('exit', close)
  }
  const close = () => {
    if (timer) {
      clearInterval(timer)
      clear()
      output.write(showCursor)
      process.removeListener('exit', close)
    }
    timer = undefined
    isClosed = true
  }

  return {
    refresh: () => {
      open()
      isStale = true
    },
    print: (text, to = output) => {
      clear()
      to.write(text)
      if (timer) draw()
    },
    close,
  }
}

const frameMs = 100
/** Rates and waiting times move on even when nothing happens. */
const idleMs = 1_000
const hideCursor = '\u001b[?25l'
const showCursor = '\u001b[?25h'
