import { execFile } from 'node:child_process'
import { MillraceError } from '../model/millrace-error.ts'

/** `reason`: git's own last words, without what they may hold of a credential. */
export type GitAnswer = { readonly ok: true; readonly stdout: Buffer } | { readonly ok: false; readonly reason: string }

/** Never through a shell, never asking at the terminal. @throws MillraceError MR-1302 where there is no git */
export function runGit(
  directory: string,
  args: readonly string[],
  { input, timeoutMs = 10_000 }: { readonly input?: string; readonly timeoutMs?: number } = {},
): Promise<GitAnswer> {
  return new Promise((resolve, reject) => {
    const child = execFile(
      'git',
      ['-C', directory, '--no-optional-locks', ...args],
      { encoding: 'buffer', env: gitEnvironment(), timeout: timeoutMs, maxBuffer: maxAnswerBytes },
      (error, stdout, stderr) => {
        if (!error) resolve({ ok: true, stdout })
        else if (error.code === 'ENOENT') reject(noGit())
        else
          resolve({
            ok: false,
            reason: error.killed ? `git took longer than ${timeoutMs / 1000} s` : lastWords(stderr),
          })
      },
    )
    // Where git ended before it read this, its own words say why.
    child.stdin?.on('error', () => undefined)
    child.stdin?.end(input)
  })
}

/** What a hook or another git says about its own repository is not said about ours. */
const gitEnvironment = (): NodeJS.ProcessEnv => ({
  ...Object.fromEntries(Object.entries(process.env).filter(([name]) => !ofAnotherRepository.has(name))),
  GIT_TERMINAL_PROMPT: '0',
  LC_ALL: 'C',
})

const ofAnotherRepository = new Set(['GIT_DIR', 'GIT_WORK_TREE', 'GIT_INDEX_FILE', 'GIT_PREFIX', 'GIT_COMMON_DIR'])

const lastWords = (stderr: Buffer): string =>
  stderr
    .toString('utf8')
    .trim()
    .split('\n')
    .filter((line) => line.startsWith('fatal: ') || line.startsWith('error: '))
    .map((line) => line.replace(/^\w+: /, '').replace(/:\/\/[^@/\s]+@/g, '://***@'))
    .at(-1) ?? 'git said nothing'

const noGit = () =>
  new MillraceError('MR-1302', {
    message: 'git is needed to follow a git ref, and it is not installed (or not on the PATH).',
    kept: 'Nothing was started.',
    next: 'Install git, or run the daemon without --git-ref: it follows the folder then.',
  })

const maxAnswerBytes = 256 * 1024 * 1024
