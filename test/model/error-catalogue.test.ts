import { readFileSync } from 'node:fs'
import { describe, expect, test } from 'vitest'
import { errorCatalogue } from '../../src/model/error-catalogue.ts'

const doc = readFileSync(new URL('../../docs/errors.md', import.meta.url), 'utf8')
const entries = [...doc.matchAll(/^## (MR-\d{4}): (.+)\n((?:(?!#).*\n?)*)/gm)].map(
  ([, code = '', title = '', body = '']) => ({ code, title, body }),
)

describe('docs/errors.md and the catalogue', () => {
  test('hold the same codes, in the same order, each once', () => {
    expect(entries.map((entry) => entry.code)).toEqual(Object.keys(errorCatalogue))
  })

  test.each(Object.entries(errorCatalogue))(
    '%s has the same title, exit code and retry class in both',
    (code, { title, exit, retry }) => {
      const entry = entries.find((one) => one.code === code)
      expect(entry?.title).toBe(title)
      expect(entry?.body.trim().split('\n')[0]).toBe(`Exit ${exit}. Retry: ${retry}.`)
    },
  )

  test.each(entries)('$code says what it means, what is kept, and what to do', ({ body }) => {
    const [, meaning, ...rest] = body.split('\n').filter((line) => line !== '')
    expect(meaning).toMatch(/^[^*-].{20,}/)
    expect(rest).toEqual([
      expect.stringMatching(/^- \*\*Kept:\*\* .{8,}/),
      expect.stringMatching(/^- \*\*Do:\*\* .{5,}/),
    ])
  })
})

describe('exit codes', () => {
  test('are those of the command line, and the page lists all of them', () => {
    const listed = [...doc.matchAll(/^\| ([\d, ]+) \|/gm)].flatMap(([, codes = '']) => codes.split(',').map(Number))
    expect(listed).toEqual([0, 1, 2, 3, 4, 5, 70, 130, 143])
    for (const { exit } of Object.values(errorCatalogue)) expect(listed).toContain(exit)
  })

  test('follow the family of the code, but for what is named here', () => {
    const exitOfFamily: { readonly [family: string]: number } = { 1: 2, 2: 1, 3: 1, 4: 4, 5: 5, 6: 1, 7: 70 }
    const others = Object.entries(errorCatalogue).filter(([code, { exit }]) => exitOfFamily[code.charAt(3)] !== exit)
    expect(others.map(([code]) => code)).toEqual(['MR-1401', 'MR-2006', 'MR-2103', 'MR-6005', 'MR-6006', 'MR-7001'])
  })
})
