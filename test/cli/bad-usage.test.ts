import { describe, expect, test } from 'vitest'
import { edit, emptyDirectory, linesOf, millrace, newProject, write } from './command.ts'

const sample = await newProject()

describe('bad usage ends with 2, our own error and the nearest word', () => {
  const cases: readonly (readonly [args: string, message: string, hint: string])[] = [
    ['snyc list', 'millrace: unknown command `snyc`', 'Did you mean `sync`?'],
    ['sync runn', 'millrace sync: unknown command `runn`', 'Did you mean `run`?'],
    ['status', 'millrace: unknown command `status`', 'Did you mean `millrace sync status`?'],
    ['sync logs', 'millrace sync: unknown command `logs`', 'Did you mean `millrace logs`?'],
    ['sandbox mvoe', 'millrace sandbox: unknown command `mvoe`', 'Did you mean `move`?'],
    ['sync run --all --fullrefresh', 'unknown option `--fullrefresh`', 'Did you mean `--full-refresh`?'],
    ['sync run --all --limit', 'option `--limit <n>` argument missing', 'millrace sync run --help'],
    ['sync run --all --on-empty never', '`--on-empty <what>` argument `never` is invalid', 'millrace sync run --help'],
    ['sync preview', 'missing required argument `name`', 'millrace sync preview --help'],
    ['sync run --all --max-removed lots', '--max-removed lots: a limit is a number of rows', 'Nothing was run.'],
    ['sync run --all --limit 0', '--limit 0: must be a whole number, 1 or more', 'Nothing was run.'],
    ['sync run --all --first-run --baseline', '--baseline and --first-run exclude each other', 'Nothing was run.'],
    ['sync run --all --baseline --rejected-only', '--baseline and --rejected-only exclude', 'Nothing was run.'],
    ['sync run --all --baseline --limit 1', '--baseline and --limit exclude each other', 'Nothing was run.'],
    ['sync run stripe --first-run', '--first-run is for reverse ETL only, and stripe is ETL', 'Nothing was run.'],
    ['sync run stripe --baseline', '--baseline is for reverse ETL only', 'Nothing was run.'],
    ['sync run stripe --rejected-only', '--rejected-only is for reverse ETL only', 'Nothing was run.'],
    ['sync run stripe --max-removed 5', '--max-removed is for reverse ETL only', 'Nothing was run.'],
    ['sync run customerio_people --full-refresh', '--full-refresh is for ETL only', 'Nothing was run.'],
    ['sync run', 'selecting syncs: none was named', 'There are: customerio_people, stripe.'],
    ['sync run customerio_poeple', 'there is no sync `customerio_poeple`', 'Did you mean `customerio_people`?'],
    ['sync plan tag:activaton', 'no sync has the tag `activaton`', 'Did you mean `tag:activation`?'],
    ['connection test strpe', 'there is no connection `strpe`', 'Did you mean `stripe`?'],
    ['sync list --target', 'option `--target <name>` argument missing', 'millrace --help'],
    ['sync status --target sandbx', 'There is no target sandbx', 'did you mean sandbox?'],
    ['sync list --target sandbx', 'There is no target sandbx', 'did you mean sandbox?'],
    ['sync validate --target sandbx', 'There is no target sandbx', 'did you mean sandbox?'],
    ['connection list --target sandbx', 'There is no target sandbx', 'did you mean sandbox?'],
    ['sync plan --target constructor', 'There is no target constructor', 'Targets: sandbox, dev.'],
    ['sync list --target __proto__', 'There is no target __proto__', 'Targets: sandbox, dev.'],
    ['forget ada@example.com --sync strpe', 'there is no sync `strpe`', 'Did you mean `stripe`?'],
    ['runs --sync strpe', 'there is no sync `strpe`', 'Did you mean `stripe`?'],
    ['explain MR-9999', 'there is no such code', 'MR-'],
    ['-C nowhere sync list', 'there is no directory', 'millrace -C DIR'],
  ]
  test.for(cases)('%s', async ([args, message, hint]) => {
    const { code, stdout, stderr } = await millrace(sample, ...args.split(' '))
    expect(stderr).toContain(message)
    expect(stderr).toContain(hint)
    expect(stderr).not.toMatch(/\n\s+at /)
    expect({ code, stdout }).toEqual({ code: 2, stdout: '' })
  })

  test('with --json the error is a line, and the result the last one', async () => {
    const ended = await millrace(sample, 'sync', 'runn', '--json')
    expect(linesOf(ended)).toEqual([
      expect.objectContaining({ type: 'error', code: 'MR-1001', exit_code: 2 }),
      { type: 'result', exit_code: 2 },
    ])
    expect({ code: ended.code, stderr: ended.stderr }).toEqual({ code: 2, stderr: '' })
  })

  test('a group without its command shows its help, on stderr', async () => {
    const { code, stdout, stderr } = await millrace(sample, 'sync')
    expect({ code, stdout }).toEqual({ code: 2, stdout: '' })
    expect(stderr).toContain('validate')
  })

  test.each(['help', 'help sync', 'sync help', 'sync help run', 'connection help test', 'sync run --help'])(
    '`%s` is help that was asked for: on stdout, exit 0',
    async (words) => {
      const { code, stdout, stderr } = await millrace(sample, ...words.split(' '))
      expect({ code, stderr }).toEqual({ code: 0, stderr: '' })
      expect(stdout).toContain('Usage: millrace')
      if (/run/.test(words)) expect(stdout).toContain('tag:x, source:x, destination:x')
    },
  )

  test('outside a project it says where it looked', async () => {
    const { code, stderr } = await millrace(emptyDirectory(), 'sync', 'list')
    expect(code).toBe(2)
    expect(stderr).toContain('MR-1003')
    expect(stderr).toContain('millrace init')
  })
})

describe('help and version', () => {
  test('go to stdout and end with 0, with the options that work everywhere', async () => {
    const help = await millrace(sample, 'sync', 'run', '--help')
    expect(help.stdout).toContain('--max-removed')
    expect(help.stdout).toContain('--target <name>')
    expect({ code: help.code, stderr: help.stderr }).toEqual({ code: 0, stderr: '' })
    const version = await millrace(sample, '--version')
    expect(version.stdout).toMatch(/^\d+\.\d+\.\d+\n$/)
    expect(version.code).toBe(0)
  })
})

describe('a mistake in the project', () => {
  test('a misspelt key is shown where it stands, with the nearest one', async () => {
    const directory = await newProject()
    edit(directory, 'syncs/customerio_people.yaml', (text) => text.replace('primary_key:', 'primary_keys:'))
    const { code, stdout, stderr } = await millrace(directory, 'sync', 'validate')
    expect(stderr).toContain(
      [
        'error[MR-1203] unknown key `primary_keys`',
        '  syncs/customerio_people.yaml:3:1',
        '  2 │ model: people',
        '  3 │ primary_keys: customer_id',
        '    │ ^^^^^^^^^^^^ did you mean `primary_key`?',
      ].join('\n'),
    )
    expect({ code, stdout }).toEqual({ code: 2, stdout: '' })
  })

  test.each([
    ['account: acct_1, accounts: all, ', '`connections.stripe.accounts` is `all`: it stands beside `account`'],
    ["base_url: 'https://api.stripe.com/v1', ", 'the SDK takes protocol, host and port, and no path'],
  ])('keys of Stripe that do not go together or are too long are found without connecting: %s', async (keys, says) => {
    const directory = await newProject()
    edit(directory, 'millrace.yaml', (text) => text.replace('connector: stripe, ', `connector: stripe, ${keys}`))
    const { code, stderr } = await millrace(directory, 'sync', 'validate')
    expect(code).toBe(2)
    expect(stderr).toContain(says)
    expect(stderr).toMatch(/millrace\.yaml:\d+:\d+/)
  })

  test('all findings come at once, and a run stops at them as validate does', async () => {
    const directory = await newProject()
    edit(directory, 'syncs/stripe.yaml', (text) =>
      text.replace('customers:', 'custmers:').replace('subscriptions:', 'subscriptons:'),
    )
    const validated = await millrace(directory, 'sync', 'validate', '--json')
    const lines = linesOf(validated)
    expect(lines.at(-1)).toMatchObject({ type: 'result', exit_code: 2 })
    expect(lines.filter((line) => line.type === 'error').length).toBeGreaterThan(1)
    const ran = await millrace(directory, 'sync', 'run', 'stripe')
    expect(ran.code).toBe(2)
    expect((await millrace(directory, 'runs', '--json')).code).toBe(0)
  })

  test('a stream that the source does not have is known offline', async () => {
    const directory = await newProject()
    edit(directory, 'syncs/stripe.yaml', (text) => `${text}  chargs: {}\n`)
    const { code, stderr } = await millrace(directory, 'sync', 'run', 'stripe')
    expect(stderr).toContain('error[MR-1208] stripe has no stream `chargs`')
    expect(stderr).toContain('did you mean `charges`?')
    expect(code).toBe(2)
  })

  test('a secret that is missing stops a run before it begins', async () => {
    const directory = await newProject()
    const { code, stderr } = await millrace(directory, 'sync', 'run', 'stripe', '--target', 'dev')
    expect(stderr).toContain(
      'error[MR-1301] the connection `stripe` needs `api_key`, and the variable STRIPE_API_KEY is not set',
    )
    expect(code).toBe(2)
    expect(linesOf(await millrace(directory, 'runs', '--json'))).toEqual([{ type: 'result', exit_code: 0, count: 0 }])
  })

  test('a target that may not deliver does not, and says how to plan (exit 4)', async () => {
    const { code, stdout, stderr } = await millrace(sample, 'sync', 'run', 'customerio_people', '--target', 'dev')
    expect(stderr).toContain('stopped[MR-4002] The target dev may not deliver, so customerio_people was not run.')
    expect(stderr).toContain('millrace sync plan customerio_people --target dev')
    expect(stdout).toContain('1 not run (exit 4)')
    expect(code).toBe(4)
  })

  test('doctor says ✗ and how to mend it', async () => {
    const directory = await newProject()
    write(directory, 'syncs/broken.yaml', 'source: nowhere\nstreams: { a: {} }\n')
    const { code, stdout } = await millrace(directory, 'doctor')
    expect(stdout).toContain('✓ Node')
    expect(stdout).toMatch(/✗ project: syncs\/broken\.yaml:1:9 /)
    expect(code).toBe(1)
  })
})
