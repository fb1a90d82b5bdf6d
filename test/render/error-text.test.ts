import { describe, expect, test } from 'vitest'
import { MillraceError, MillraceErrors } from '../../src/model/millrace-error.ts'
import { renderError } from '../../src/render/error-text.ts'

const place = (text: string, line: number, column: number, length: number) => ({
  file: 'syncs/customerio_people.yaml',
  line,
  column,
  length,
  text,
})
const typo = new MillraceError('MR-1203', {
  message: 'unknown key `primary_keys`',
  next: 'did you mean `primary_key`?',
  place: place('# people\nmodel: people\nprimary_keys: person_id\n', 3, 1, 12),
})
const show = (error: unknown, color = false) => `\n${renderError(error, { color })}`

describe('an error on the terminal', () => {
  test('shows the place with a frame, and the nearest word beside the carets', () => {
    expect(show(typo)).toBe(`
error[MR-1203] unknown key \`primary_keys\`
  syncs/customerio_people.yaml:3:1
  2 │ model: people
  3 │ primary_keys: person_id
    │ ^^^^^^^^^^^^ did you mean \`primary_key\`?
  millrace explain MR-1203
`)
  })

  test('of very many in one file takes no quadratic time', () => {
    const cost = (lines: number) => {
      const text = Array.from({ length: lines }, (_, index) => `  stream_${index}: {}`).join('\n')
      const errors = Array.from(
        { length: lines },
        (_, index) => new MillraceError('MR-1208', { message: 'no such stream', place: place(text, index + 1, 3, 6) }),
      )
      const begin = process.cpuUsage()
      renderError(new MillraceErrors(errors), { color: false })
      const { user, system } = process.cpuUsage(begin)
      return user + system
    }
    cost(1000)
    // Four times as many: quadratic, it would take sixteen times as long. Of the processor's time, so that others do not count.
    expect(cost(8000) / cost(2000)).toBeLessThan(10)
  })

  test('of a guard says that nothing was sent, and both ways on', () => {
    const guard = new MillraceError('MR-4102', {
      message: 'customerio_people would change 31,204 rows, 65 % of what was accepted; max_changed is 30 %',
      kept: 'Nothing was sent. The model reads salesforce.contact, last loaded 09:55 UTC.',
      next: [
        'See them:        millrace sync plan customerio_people',
        'If it is right:  millrace sync run customerio_people --max-changed 70%',
      ],
    })
    expect(show(guard)).toBe(`
stopped[MR-4102] customerio_people would change 31,204 rows, 65 % of what was accepted; max_changed is 30 %
  Nothing was sent. The model reads salesforce.contact, last loaded 09:55 UTC.
  See them:        millrace sync plan customerio_people
  If it is right:  millrace sync run customerio_people --max-changed 70%
  millrace explain MR-4102
`)
  })

  test('of a vendor says what was kept and what comes next', () => {
    const down = new MillraceError('MR-3003', {
      message: 'Stripe answered 503 five times in 48 s',
      kept: '41,200 invoices are committed.',
      next: 'millrace sync run stripe',
    })
    expect(show(down)).toBe(`
failed[MR-3003] Stripe answered 503 five times in 48 s
  Kept: 41,200 invoices are committed.
  Next: millrace sync run stripe
  millrace explain MR-3003
`)
  })

  test('several mistakes are shown all at once, and counted', () => {
    const text = renderError(new MillraceErrors([typo, typo]), { color: false })
    expect(text.match(/error\[MR-1203\]/g)).toHaveLength(2)
    expect(text.trimEnd().split('\n').at(-1)).toBe('2 errors. Nothing was run.')
  })

  test('an error of nobody is a bug, with its stack', () => {
    const text = renderError(new RangeError('off by one'), { color: false })
    expect(text).toContain('bug[MR-7000] millrace: off by one')
    expect(text).toContain('error-text.test.ts')
  })

  test('carries colour only when asked for, and never control characters of others', () => {
    const nasty = new MillraceError('MR-3004', {
      message: 'Stripe said \u001b]0;owned\u0007',
      kept: 'a\u009bb',
      next: 'c\u0000',
    })
    expect(show(nasty)).not.toMatch(/[^\P{Cc}\n]/u)
    // oxlint-disable-next-line no-control-regex -- colour is made of them
    expect(show(nasty, true).replace(/\u001b\[\d+m/g, '')).toBe(show(nasty))
  })
})

describe('a code frame', () => {
  test('covers what looks like a literal secret, on the line and on the one before it', () => {
    const text =
      'stripe: { api_key: "sk_live_canary", connector: stripe }\nclient_secret: hunter2 canary\nprimary_key: person_id\nkey: ${env:X}\n'
    for (const [line, length] of [
      [1, 10],
      [2, 6],
      [3, 4],
      [4, 4],
    ] as const)
      expect(show(new MillraceError('MR-1205', { message: 'm', place: place(text, line, 3, length) }))).not.toMatch(
        /canary|hunter/,
      )
    expect(show(new MillraceError('MR-1203', { message: 'm', place: place(text, 3, 1, 1) }))).toContain(
      'primary_key: person_id',
    )
  })

  test('keeps the carets under the place with tabs, wide files and long lines', () => {
    const text = `${'\n'.repeat(98)}a:\n\tb: ${'x'.repeat(200)}here\n`
    expect(show(new MillraceError('MR-1201', { message: 'm', place: place(text, 100, 205, 4) }))).toBe(`
error[MR-1201] m
  syncs/customerio_people.yaml:100:205
   99 │
  100 │ ${'x'.repeat(60)}here
      │ ${' '.repeat(60)}^^^^
  millrace explain MR-1201
`)
  })

  test('is left out where the file has no such line', () => {
    expect(show(new MillraceError('MR-1201', { message: 'm', place: place('one line', 9, 1, 1) }))).not.toContain('│')
  })
})

describe('what to do next', () => {
  const stopped = new MillraceError('MR-4003', {
    message: 'people has never delivered',
    next: [
      'millrace sync plan people              what would go out',
      'If it is right:  millrace sync run people --first-run',
      'millrace sync plan people --target dev',
    ],
  })

  test('is meant for the target that was named', () => {
    const text = renderError(stopped, { color: false, target: 'prod' })
    expect(text).toContain('  millrace --target prod sync plan people              what')
    expect(text).toContain('If it is right:  millrace --target prod sync run people --first-run')
    expect(text).toContain('  millrace sync plan people --target dev')
    expect(text).toContain('  millrace explain MR-4003')
    expect(renderError(stopped, { color: false })).not.toContain('prod')
  })
})
