import { writeFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { asMillraceError } from '../../src/model/millrace-error.ts'

function thrownBy(work: () => void): unknown {
  try {
    work()
  } catch (error) {
    return error
  }
  return undefined
}

describe('what is thrown', () => {
  it.skipIf(process.platform !== 'linux')('by a file for want of room is a full disk, and no bug', () => {
    const error = asMillraceError(
      thrownBy(() => writeFileSync('/dev/full', 'a row')),
      'reading charges',
    )
    expect(error).toMatchObject({
      code: 'MR-2004',
      retry: 'later',
      message: expect.stringContaining('reading charges'),
    })
    expect(error.kept).toBeDefined()
    expect(error.next.join()).toContain('Free some space')
  })

  it.each(['EACCES', 'EROFS'])(
    'by a file of millrace’s own that is closed to this user (%s) is no bug, either',
    (code) => {
      const thrown = (path: string) => Object.assign(new Error(`${code}: no, open '${path}'`), { code, path })
      expect(asMillraceError(thrown('/p/.millrace/releases/x'), 'beginning')).toMatchObject({
        code: 'MR-2008',
        message: `beginning: ${code}: no, open '/p/.millrace/releases/x'`,
        next: [expect.stringContaining('ls -la /p/.millrace')],
      })
      expect(asMillraceError(thrown('/p/elsewhere'), 'beginning')).toMatchObject({ code: 'MR-7000' })
    },
  )

  it('by anything unknown is a bug of ours, with its words', () => {
    expect(asMillraceError(new RangeError('off by one'), 'reading charges')).toMatchObject({
      code: 'MR-7000',
      message: 'reading charges: off by one',
    })
  })
})
