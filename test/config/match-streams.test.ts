import { describe, expect, it } from 'vitest'
import { fitsGlob, matchStreams } from '../../src/config/match-streams.ts'
import type { StreamConfig } from '../../src/config/project.ts'

const config = (name: string, more: Partial<StreamConfig> = {}): StreamConfig => ({
  name,
  place: { file: '', line: 1, column: 1 },
  enabled: true,
  mode: null,
  include: null,
  exclude: [],
  pii: [],
  where: null,
  fieldHistory: false,
  schemaChanges: 'evolve',
  options: {},
  ...more,
})

describe('matchStreams', () => {
  it('lets the exact name win over a glob, wherever it stands', () => {
    const matched = matchStreams(
      [config('*__c', { pii: ['glob'] }), config('Big__c', { enabled: false }), config('One__c', { pii: ['exact'] })],
      ['One__c', 'Big__c', 'Two__c', 'Account'],
    )
    expect([...matched].map(([name, { pii }]) => [name, pii])).toEqual([
      ['One__c', ['exact']],
      ['Two__c', ['glob']],
    ])
  })

  it('takes the first glob of the file that fits, and gives the stream its own name', () => {
    expect(
      matchStreams([config('A*', { where: 'first' }), config('*', { where: 'second' })], ['Ab']).get('Ab'),
    ).toMatchObject({ name: 'Ab', where: 'first' })
  })

  it.each([
    ['*__c', 'Big__c', true],
    ['*__c', 'Big__cx', false],
    ['a?c', 'abc', true],
    ['a?c', 'abbc', false],
    ['a.c', 'abc', false],
    ['**', 'anything', true],
  ])('%s fits %s: %s', (glob, name, fits) => {
    expect(fitsGlob(glob, name)).toBe(fits)
  })
})
