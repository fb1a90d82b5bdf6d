import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { didYouMean, editDistance } from '../../src/model/did-you-mean.ts'

describe('didYouMean', () => {
  it.each([
    ['primary_keys', ['primary_key', 'model'], 'primary_key'],
    ['maxRemoved', ['max_removed', 'max_added'], 'max_removed'],
    ['strpie', ['stripe', 'salesforce'], 'stripe'],
    ['xyz', ['stripe', 'salesforce'], undefined],
    ['a', [], undefined],
    ['tag', ['tag'], undefined],
  ])('of %s among %j is %s', (word, candidates, expected) => {
    expect(didYouMean(word, candidates)).toBe(expected)
  })

  it('finds a word again after one typing slip, whatever the slip', () => {
    const word = fc.stringMatching(/^[a-z_]{4,20}$/)
    const slip = fc.constantFrom('drop', 'double', 'swap', 'other')
    fc.assert(
      fc.property(word, fc.nat(), slip, (right, seed, kind) => {
        const at = seed % (right.length - 1)
        const letters = [...right]
        if (kind === 'drop') letters.splice(at, 1)
        else if (kind === 'double') letters.splice(at, 0, letters[at] ?? '')
        else if (kind === 'swap') letters.splice(at, 2, letters[at + 1] ?? '', letters[at] ?? '')
        else letters[at] = '9'
        const typed = letters.join('')
        fc.pre(typed !== right)
        expect(didYouMean(typed, ['completely different', right])).toBe(right)
      }),
    )
  })

  it('measures a distance: symmetric, zero only for equals, at most the longer length', () => {
    const text = fc.string({ unit: 'grapheme', maxLength: 12 })
    fc.assert(
      fc.property(text, text, (a, b) => {
        const distance = editDistance(a, b)
        expect(distance).toBe(editDistance(b, a))
        expect(distance === 0).toBe([...a].join() === [...b].join())
        expect(distance).toBeLessThanOrEqual(Math.max([...a].length, [...b].length))
      }),
    )
  })

  it('answers the same in whatever order the candidates come', () => {
    fc.assert(
      fc.property(fc.string({ maxLength: 6 }), fc.array(fc.string({ maxLength: 6 })), (word, candidates) => {
        expect(didYouMean(word, candidates)).toBe(didYouMean(word, candidates.toReversed()))
      }),
    )
  })
})
