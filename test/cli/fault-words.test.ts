import { describe, expect, test } from 'vitest'
import { readSpec, readWords } from '../../src/cli/fault-words.ts'
import type { Fault } from '../../src/sandbox/fault-catalogue.ts'

const quake: Fault = {
  does: 'shakes: code, ids, strong, strength, body',
  keys: {
    code: 'text',
    ids: 'list',
    strong: 'flag',
    strength: { least: 0, or: ['most'] },
    zone: { oneOf: [200, 'x'] },
    body: 'text_or_json',
  },
}
const read = (words: string, fault: Fault | undefined = quake) => readSpec(readWords(words.split(' ')).keys, fault)

describe('a key of a fault on the command line', () => {
  test.for([
    ['text stays text, though it looks like a number or a word of its own', '--code 000603', { code: '000603' }],
    ['so does a body', '--body true', { body: 'true' }],
    ['and a pattern', '--match 17', { match: '17' }],
    ['a list is of texts', '--ids 1,r2 --ids 3', { ids: ['1', 'r2', '3'] }],
    ['a list without a value is empty', '--ids', { ids: [] }],
    ['a flag stands alone', '--strong', { strong: true }],
    ['or says what it is', '--strong=false', { strong: false }],
    ['a number is a number', '--strength 0.5 --times 2', { strength: 0.5, times: 2 }],
    ['or the word in its place', '--strength most --times always', { strength: 'most', times: 'always' }],
    ['one of several may be a number', '--zone 200', { zone: 200 }],
    [
      'what does not fit stays as it was typed, to be refused',
      '--strength 2s --strong yes',
      { strength: '2s', strong: 'yes' },
    ],
    ['so does what there is no key for', '--times 2 --times 3 --Times 1', { times: [2, 3], Times: 1 }],
  ] as const)('%s: %s', ([, words, spec]) => {
    expect(read(words)).toEqual(spec)
  })

  test('is what it looks like where nobody has said what the fault takes', () => {
    expect(readSpec(readWords(['--strength', '7', '--code', 'x']).keys, undefined)).toEqual({ strength: 7, code: 'x' })
  })
})
