import { expect, it } from 'vitest'
import { z } from 'zod'
import { boundWords, issueWords } from '../../src/model/issue-words.ts'

it.each<[string, z.ZodType, unknown, string]>([
  ['too small a number', z.int().min(1), 0, 'it has to be at least 1'],
  ['a number that is not positive', z.number().positive(), 0, 'it has to be more than 0'],
  ['too large a number', z.number().max(90), 91, 'it has to be at most 90'],
  ['a number at its bound', z.number().lt(90), 90, 'it has to be less than 90'],
  ['a number that is none of a row', z.number().multipleOf(5), 7, 'it has to be a multiple of 5'],
  ['an empty text', z.string().min(1), '', 'it has to have some text'],
  ['a text that is too short', z.string().min(4), 'abc', 'it has to have at least 4 characters'],
  ['a text that is too long', z.string().max(2), 'abc', 'it has to have at most 2 characters'],
  ['an empty list', z.array(z.string()).min(1), [], 'it has to have at least 1 entry'],
  ['a list that is too long', z.array(z.string()).max(2), ['a', 'b', 'c'], 'it has to have at most 2 entries'],
  ['no address', z.url(), 'acme', 'it has to be a whole address, as `https://example.com`'],
  ['no day', z.iso.date(), 'today', 'it has to be a day, as `2026-11-22`'],
  ['a text of another form', z.string().regex(/^v\d+$/), 'seven', 'it has to be of the form /^v\\d+$/'],
  ['a text with another beginning', z.string().startsWith('acct_'), 'x', 'it has to begin with acct_'],
  ['a text with another end', z.string().endsWith('/'), 'x', 'it has to end with /'],
  ['a text without a part', z.string().includes('@'), 'x', 'it has to have @ in it'],
  ['a text of another length', z.string().length(18), 'x', 'it has to have exactly 18 characters'],
  ['a list of another length', z.array(z.string()).length(1), [], 'it has to have exactly 1 entry'],
  ['a form that has a name', z.uuid(), 'x', 'it has to be of the form uuid'],
  ['upper case', z.string().lowercase(), 'X', 'it has to be in lower case'],
  ['what a check without words refuses', z.string().refine(() => false), 'x', 'it is none that is taken here'],
  ['a value of another type', z.number(), 'one', 'it has to be a number'],
  ['a part of a number', z.int(), 1.5, 'it has to be a whole number'],
  ['nothing', z.string(), undefined, 'it is missing'],
  ['another word', z.enum(['a', 'b']), 'c', 'it has to be a or b'],
  ['a key that is not known', z.strictObject({}), { a: 1 }, 'a is not known here'],
  ['none of several forms', z.union([z.string(), z.number()]), true, 'it has none of the forms that it can have'],
  ['what has words of its own', z.string().min(1, 'a name is needed'), '', 'a name is needed'],
])('%s is told in our words', (_, schema, value, words) => {
  expect(schema.safeParse(value, { error: issueWords }).error?.issues.map(({ message }) => message)).toEqual([words])
})

it('bounds and forms alone, where the rest is told by its kind', () => {
  const schema = z.tuple([z.number().min(1), z.number()])
  const { error } = schema.safeParse([0, 'x'], { error: boundWords })
  expect(error?.issues.map(({ message }) => message)).toEqual([
    'it has to be at least 1',
    expect.stringMatching(/^Invalid input/),
  ])
})
