import { execFileSync, spawnSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, realpathSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'

export const hasGit = spawnSync('git', ['--version']).status === 0

/** Says why where it is left out. */
export const needsGit = hasGit ? '' : ' (left out: git is not installed here)'

export const emptyFolder = () => realpathSync(mkdtempSync(join(tmpdir(), 'millrace-release-')))

export function writeFiles(folder: string, files: { readonly [path: string]: string | null }): void {
  for (const [path, text] of Object.entries(files)) {
    if (text === null) rmSync(join(folder, path))
    else {
      mkdirSync(dirname(join(folder, path)), { recursive: true })
      writeFileSync(join(folder, path), text)
    }
  }
}

/** Without what the developer's own git is set to. */
export function git(folder: string, ...args: readonly string[]): string {
  const identity = ['-c', 'user.name=test', '-c', 'user.email=test@example.test', '-c', 'commit.gpgsign=false']
  return execFileSync('git', ['-C', folder, ...identity, ...args], {
    encoding: 'utf8',
    env: { PATH: process.env['PATH'], GIT_CONFIG_NOSYSTEM: '1', HOME: tmpdir() },
    stdio: ['ignore', 'pipe', 'ignore'],
  }).trim()
}

export function initRepository(folder: string): void {
  git(folder, 'init', '--quiet', '--initial-branch=main')
  git(folder, 'config', 'core.hooksPath', '/dev/null')
}

/** Writes and commits; answers the short commit. */
export function commit(folder: string, files: { readonly [path: string]: string | null }): string {
  writeFiles(folder, files)
  git(folder, 'add', '--all', '.')
  git(folder, 'commit', '--quiet', '--allow-empty', '-m', 'change')
  return git(folder, 'rev-parse', '--short', 'HEAD')
}

/** A sound project of one sync. */
export const soundFiles = {
  'millrace.yaml': `project: acme
targets:
  sandbox: { sandbox: true, warehouse: { type: duckdb, path: .millrace/here.duckdb } }
connections:
  stripe: { connector: stripe, api_key: '\${env:STRIPE_API_KEY}' }
`,
  'syncs/stripe.yaml': 'source: stripe\nstreams: { customers: {} }\n',
  'schedules.yaml': `schedules:\n  nightly: { select: [stripe], cron: '0 2 * * *' }\n`,
  '.gitignore': '.millrace/\nnode_modules/\n',
}
export const moreCharges = 'source: stripe\nstreams: { customers: {}, charges: {} }\n'
export const wrongSync = 'source: nobody\nstreams: { customers: {} }\n'
