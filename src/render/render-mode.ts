export type RenderMode = 'tty' | 'plain' | 'json' | 'github'

/** What a renderer writes to: a process's stdout or stderr, or a test's. */
export type Output = {
  readonly write: (text: string) => unknown
  readonly isTTY?: boolean
  readonly columns?: number
  readonly rows?: number
}

type Environment = { readonly [name: string]: string | undefined }

/** Progress is drawn only where somebody looks at it: on a terminal that can, and not on a CI machine. */
export function chooseRenderMode(facts: {
  readonly json: boolean
  readonly stderr: Output
  readonly env: Environment
}): RenderMode {
  if (facts.json) return 'json'
  if (facts.env['GITHUB_ACTIONS'] === 'true') return 'github'
  const canDraw = facts.stderr.isTTY === true && facts.env['TERM'] !== 'dumb' && !facts.env['CI']
  return canDraw ? 'tty' : 'plain'
}

/** `--no-color`, NO_COLOR (https://no-color.org) and FORCE_COLOR, in this order; else whether it is a terminal. */
export function chooseColor(facts: {
  readonly noColor: boolean
  readonly output: Output
  readonly env: Environment
}): boolean {
  if (facts.noColor || facts.env['NO_COLOR']) return false
  const forced = facts.env['FORCE_COLOR']
  if (forced) return forced !== '0'
  return facts.output.isTTY === true && facts.env['TERM'] !== 'dumb'
}
