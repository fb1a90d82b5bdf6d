/** What the Tab key offers, by the shells themselves where they are installed. */
import { spawnSync } from 'node:child_process'
import { chmodSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import type { Command } from 'commander'
import { describe, expect, test } from 'vitest'
import { buildProgram } from '../../src/cli/commands.ts'
import { kindOfArgument } from '../../src/cli/completion-places.ts'
import { copyOfSampleProject, edit, emptyDirectory, millrace } from './command.ts'

const project = copyOfSampleProject()
const program = emptyDirectory()
const launcher = fileURLToPath(new URL('../../bin/millrace.js', import.meta.url))
writeFileSync(join(program, 'millrace'), `#!/bin/sh\nexec "${process.execPath}" "${launcher}" "$@"\n`)
chmodSync(join(program, 'millrace'), 0o755)

const syncs = ['customerio_people', 'salesforce', 'salesforce_accounts', 'stripe']

describe('in bash', () => {
  const offered = (words: readonly string[], cwd = project) =>
    inShell(
      'bash',
      [
        'set -e; source <(millrace completion bash); COMP_WORDS=("$@"); COMP_CWORD=$(($# - 1)); _millrace; printf "%s\\n" "${COMPREPLY[@]}"',
        'bash',
        ...words,
      ],
      cwd,
    )

  const cases: readonly (readonly [words: readonly string[], offered: readonly string[]])[] = [
    [['millrace', 'back'], ['backfill']],
    [
      ['millrace', 'sync', 'state', ''],
      ['show', 'reset', 'move', 'export', 'import'],
    ],
    [
      ['millrace', 'sync', 'run', '--max-'],
      ['--max-added', '--max-changed', '--max-removed', '--max-shrink'],
    ],
    [
      ['millrace', 'sync', 'run', '--on-empty', ''],
      ['stop', 'proceed'],
    ],
    [
      ['millrace', '-q', 'sync', 'run', 'stripe', 's'],
      ['salesforce', 'salesforce_accounts', 'stripe', 'source:salesforce', 'source:stripe'],
    ],
    // As bash cuts them.
    [['millrace', 'sync', 'run', 'tag', ':', 'b'], ['billing']],
    [
      ['millrace', 'sync', 'run', 'source', ':'],
      ['salesforce', 'stripe'],
    ],
    [['millrace', 'sync', 'list', '--target', '=', 'd'], ['dev']],
    [
      ['millrace', 'sync', 'preview', ''],
      ['customerio_people', 'salesforce_accounts'],
    ],
    [
      ['millrace', 'backfill', ''],
      ['salesforce', 'stripe'],
    ],
    [
      ['millrace', 'backfill', 'stripe', '--stream', 'c'],
      ['customers', 'charges'],
    ],
    [['millrace', 'connection', 'discover', 'str'], ['stripe']],
    [['millrace', 'connection', 'discover', 'customerio', ''], ['person']],
    [['millrace', 'schedule', 'pause', 'n'], ['nightly']],
    [['millrace', 'sandbox', 'fault', 'st'], ['stripe']],
    [['millrace', 'sandbox', 'fault', 'stripe', 'han'], ['hang']],
    [['millrace', 'runs', '--sync', ''], syncs],
    [['millrace', 'explain', 'MR-120'], Array.from({ length: 9 }, (_, n) => `MR-120${n + 1}`)],
    [
      ['millrace', 'completion', ''],
      ['bash', 'zsh', 'fish'],
    ],
    [['millrace', '-C', 'mod'], ['models']],
    [['millrace', 'sync', 'state', 'import', 'stripe', 'sched'], ['schedules.yaml']],
    [['millrace', 'run', 'show', ''], ['']],
    [['millrace', 'nonsense', '--nonsense', ''], ['']],
  ]
  test.for(cases)('%j', ([words, expected]) => {
    expect(offered(words)).toEqual(expected)
  })

  test('-C says whose names', () => {
    expect(offered(['millrace', '-C', project, 'backfill', ''], emptyDirectory())).toEqual(['salesforce', 'stripe'])
  })
})

const zsh =
  'compdef() {}; source <(millrace completion zsh); compadd() { print -l -- $values }; words=("$@"); CURRENT=$#; _millrace'
const others: readonly (readonly [shell: string, check: readonly string[], asks: readonly string[]])[] = [
  ['zsh', ['-n'], [zsh, 'zsh', 'millrace', 'backfill', '']],
  [
    'fish',
    ['--no-execute'],
    ['millrace completion fish | source; complete -C "millrace backfill " | string split -f1 \\t'],
  ],
]
describe.for(others)('in %s', ([shell, check, asks]) => {
  const isThere = spawnSync(shell, ['--version']).status === 0

  test('the script is right, and offers names', (context) => {
    if (!isThere) context.skip(`${shell} is not installed`)
    const script = join(emptyDirectory(), 'script')
    const printed = spawnSync(join(program, 'millrace'), ['completion', shell], { encoding: 'utf8' })
    writeFileSync(script, printed.stdout)
    expect(spawnSync(shell, [...check, script], { encoding: 'utf8' })).toMatchObject({ status: 0, stderr: '' })
    expect(inShell(shell, asks)).toEqual(['salesforce', 'stripe'])
  })
})

describe('it says nothing', () => {
  const silent = { code: 0, stdout: '', stderr: '' }
  test('of names outside of a project', async () => {
    expect(await millrace(emptyDirectory(), '__complete', '--', 'sync', 'run', '')).toMatchObject(silent)
  })

  test('of names in a project that is wrong', async () => {
    const wrong = copyOfSampleProject()
    edit(wrong, 'millrace.yaml', (text) => `${text}\nnonsense: [\n`)
    expect(await millrace(wrong, '__complete', '--', 'sync', 'run', '')).toMatchObject(silent)
  })
})

test('a shell that it does not know ends with 2, and names those that it does', async () => {
  const { code, stderr } = await millrace(project, 'completion', 'powershell')
  expect(stderr).toContain('bash, zsh, fish')
  expect(code).toBe(2)
})

test('of every argument of every command it is said what may stand there', () => {
  const all = (command: Command): readonly Command[] => [command, ...command.commands.flatMap(all)]
  const commands = all(buildProgram(() => Promise.resolve())).filter((command) => command.name() !== '__complete')
  expect(commands.length).toBeGreaterThan(40)
  for (const command of commands)
    for (const argument of command.registeredArguments)
      expect(kindOfArgument(command, argument), `${command.name()} ${argument.name()}`).not.toBeUndefined()
})

function inShell(shell: string, args: readonly string[], cwd = project): readonly string[] {
  const { stdout, stderr } = spawnSync(shell, ['-c', ...args], {
    cwd,
    encoding: 'utf8',
    env: { ...process.env, PATH: `${program}:${process.env['PATH'] ?? ''}`, HOME: emptyDirectory() },
  })
  expect(stderr).toBe('')
  return stdout.replace(/\n$/, '').split('\n')
}
