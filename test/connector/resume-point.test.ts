import { readResume, z } from 'millrace'
import { describe, expect, it } from 'vitest'

const form = z.strictObject({ account: z.string(), page: z.int() })

describe('Where a scan goes on', () => {
  it('is what its checkpoint said, and the beginning where there was none', () => {
    expect(readResume(form, { account: 'a', page: 7 }, 'Acme')).toEqual({ account: 'a', page: 7 })
    expect(readResume(form, null, 'Acme')).toBeNull()
  })

  it('is not tried again by a schedule where it has a form that the connector does not know', () => {
    expect(() => readResume(form, { page: 'x'.repeat(500) }, 'Acme')).toThrow(
      expect.objectContaining({
        code: 'MR-1401',
        retry: 'never',
        message: `Going on with a scan of Acme: the kept position {"page":"${'x'.repeat(91)} is not one of this connector.`,
      }),
    )
  })
})
