import { MillraceError } from '../model/millrace-error.ts'
import { chooseColor, type Output } from '../render/render-mode.ts'
import type { Verbosity } from '../render/renderer-contract.ts'
import { textOnTarget } from '../render/on-target.ts'
import { toJsonLine } from '../render/json-line.ts'
import { createStop, type Stop } from './stop.ts'

/** What every command takes, before or after its name. */
export type GlobalFlags = {
  /** `-C DIR`. */
  readonly C?: string
  /** Of a frozen copy of the project: see `Project.home`. */
  readonly home?: string
  readonly target?: string
  readonly json?: boolean
  readonly quiet?: boolean
  readonly verbose?: boolean
  readonly color?: boolean
  readonly yes?: boolean
}

/** The person or program at the other side of a command. */
export type Shell = {
  readonly directory: string
  /** Where `.millrace/` is, where `directory` is a frozen copy. */
  readonly home: string | undefined
  readonly target: string | undefined
  readonly json: boolean
  readonly verbosity: Verbosity
  readonly yes: boolean
  readonly env: { readonly [name: string]: string | undefined }
  readonly stdout: Output
  readonly stderr: Output
  /** Colour on stdout. */
  readonly color: boolean
  /** Colour on stderr. */
  readonly errorColor: boolean
  readonly stop: Stop
  /** Data, to stdout. */
  readonly print: (text: string) => void
  /** One line of `--json`. */
  readonly line: (line: { readonly type: string; readonly [key: string]: unknown }) => void
  /** What is worth a word and is not data, to stderr. Nothing with `-q`. */
  readonly say: (text: string) => void
  /** A line that somebody types. @throws MillraceError MR-1001 where nobody can */
  readonly ask: (question: string, otherwise: string) => Promise<string>
}

/** What a command came to. `result` goes into the last line of `--json`. */
export type CommandResult = {
  readonly exitCode: number
  readonly result?: {
    readonly runs?: readonly { readonly error?: { readonly message: string } }[]
    readonly [key: string]: unknown
  }
}

export function createShell(flags: GlobalFlags): Shell {
  const { stdout, stderr, env } = process
  const noColor = flags.color === false
  const stop = createStop(stderr)
  const verbosity = flags.quiet ? 'quiet' : flags.verbose ? 'verbose' : 'normal'
  return {
    directory: flags.C ?? '.',
    home: flags.home,
    target: flags.target,
    json: flags.json === true,
    verbosity,
    yes: flags.yes === true,
    env,
    stdout,
    stderr,
    color: chooseColor({ noColor, output: stdout, env }),
    errorColor: chooseColor({ noColor, output: stderr, env }),
    stop,
    print: (text) => void stdout.write(text),
    line: (line) => void stdout.write(toJsonLine(line)),
    say: (text) => void (verbosity === 'quiet' ? undefined : stderr.write(`${textOnTarget(text, flags.target)}\n`)),
    ask: (question, otherwise) => ask(question, { otherwise, signal: stop.signal }),
  }
}

async function ask(
  question: string,
  { otherwise, signal }: { readonly otherwise: string; readonly signal: AbortSignal },
): Promise<string> {
  if (!process.stdin.isTTY)
    throw new MillraceError('MR-1001', {
      message: `${question} Nobody is at the keyboard to answer.`,
      kept: 'Nothing was changed.',
      next: otherwise,
    })
  const { createInterface } = await import('node:readline/promises')
  const lines = createInterface({ input: process.stdin, output: process.stderr })
  // The keyboard is raw while it is read: Ctrl-C is a letter then. Ctrl-D is no answer.
  lines.on('SIGINT', () => process.kill(process.pid, 'SIGINT'))
  try {
    const closed = new Promise<string>((resolve) => lines.once('close', () => resolve('')))
    return (await Promise.race([lines.question(`${question} `, { signal }), closed])).trim()
  } catch (error) {
    signal.throwIfAborted()
    throw error
  } finally {
    lines.close()
  }
}
