import { describe, expect, it } from 'vitest'
import { z } from 'zod'
import type { JsonObject } from '../../src/model/json.ts'
import { MillraceError } from '../../src/model/millrace-error.ts'
import { checkOptions } from '../../src/reverse-etl/check-options.ts'
import { defaultSync } from './world.ts'

const audience = {
  name: 'audience',
  options: z.strictObject({
    list_id: z.string().meta({ description: 'Its number, in the address of its page' }),
    days: z.int().max(90).optional(),
    by: z.array(z.enum(['email', 'phone'])).optional(),
  }),
}

function refusal(options: JsonObject, object: Parameters<typeof checkOptions>[1] = audience): string {
  try {
    checkOptions({ ...defaultSync, options }, object)
  } catch (error) {
    if (error instanceof MillraceError) return `${error.code} ${error.message}`
    throw error
  }
  return 'accepted'
}

describe('the options of a delivery', () => {
  it.each<[JsonObject, string]>([
    [{ list_id: '7', by: ['email'] }, 'accepted'],
    [{ list_id: '7', dayz: 3 }, 'MR-1209 people: audience has no option dayz; did you mean days? (syncs/people.yaml)'],
    [
      { list_id: '7', days: 700 },
      'MR-1209 people: the option days of audience is refused: it has to be at most 90. (syncs/people.yaml)',
    ],
    [
      { list_id: '7', by: ['emial'] },
      'MR-1209 people: the option by.0 of audience is refused: it has to be email or phone; did you mean email? (syncs/people.yaml)',
    ],
    [
      { days: 3 },
      'MR-1209 people: audience needs the option list_id (Its number, in the address of its page). (syncs/people.yaml)',
    ],
  ])('are held against what the object declares: %j', (options, found) => {
    expect(refusal(options)).toBe(found)
  })

  /** Rules between options, in the words of whoever wrote them. */
  const ruled = {
    name: 'audience',
    options: z
      .strictObject({ list_id: z.string().optional(), list_name: z.string().optional(), kind: z.enum(['a', 'b']) })
      .refine(({ list_id, list_name }) => list_id ?? list_name, 'give list_id or list_name')
      .superRefine(({ kind, list_id }, context) => {
        if (kind === 'b' && list_id === undefined)
          context.addIssue({ code: 'custom', path: ['list_id'], message: 'lists of kind b have no names.' })
      }),
  }

  it.each<[JsonObject, string]>([
    [{ kind: 'a', list_id: '7' }, 'accepted'],
    [
      { kind: 'a' },
      'MR-1209 people: the options of audience are refused: give list_id or list_name. (syncs/people.yaml)',
    ],
    [
      { kind: 'b', list_name: 'x' },
      'MR-1209 people: the option list_id of audience is refused: lists of kind b have no names. (syncs/people.yaml)',
    ],
    [{ list_id: '7' }, 'MR-1209 people: audience needs the option kind. (syncs/people.yaml)'],
  ])('are refused by rules between them in the words that these have: %j', (options, found) => {
    expect(refusal(options, ruled)).toBe(found)
  })

  it('are none where the object declares none', () => {
    expect(refusal({}, { name: 'person' })).toBe('accepted')
    expect(refusal({ nonsense: 1 }, { name: 'person' })).toBe(
      'MR-1209 people: person takes no options, so nonsense would do nothing. (syncs/people.yaml)',
    )
  })
})
