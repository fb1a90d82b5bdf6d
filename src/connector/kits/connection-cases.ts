/** What source and destination have in common: signing in, and keeping quiet about it. */
import assert from 'node:assert/strict'
import { MillraceError } from '../../model/millrace-error.ts'
import { secretKeys } from './find-secret.ts'
import type { Stage } from './stage.ts'
import type { Case } from './test-runner.ts'

export const connectionCases: readonly Case<Stage>[] = [
  {
    name: 'signs in with good credentials, and names the same account each time',
    async run({ open, requests }) {
      const { opened, host } = await open()
      await opened.check({ signal })
      assert((await requests()).length > 0, 'check asked the vendor nothing')
      const account = await opened.account({ signal })
      assert(account !== '', 'the account has no name')
      assert.equal(await (await open()).opened.account({ signal }), account)
      assert(
        host.lastDate() !== null || opened.now !== undefined,
        'nobody told the host the vendor’s clock (host.sawDate)',
      )
    },
  },
  {
    name: 'bad credentials fail as such, once, without a secret in anything that is said',
    async run(stage) {
      const keys = secretKeys(stage.connector.config).filter((key) => stage.keys[key] !== undefined)
      assert(keys.length > 0, 'the connection has no key with .meta({ secret: true })')
      for (const key of keys) {
        await stage.requests()
        const error = await stage.failureOf(checkWith(stage, { [key]: canary(key) }))
        assert(error instanceof MillraceError, `${key}: ${error.message}`)
        assert.equal(error.code, 'MR-3001', `${key}: ${error.message}`)
        const tries = await stage.requests()
        // One refusal is an answer: asking again can lock an account.
        assert(tries.length <= 2, `${tries.length} requests with a wrong ${key}`)
      }
    },
  },
  {
    name: 'a vendor that fails again and again fails the check, without a secret in the error',
    async run(stage) {
      for (const fault of ['status', 'html', 'reset_before']) {
        await stage.vendor.setFault(fault, { times: 'always' })
        const error = await stage.failureOf(checkWith(stage, {}))
        assert(error instanceof MillraceError, `${fault}: ${error.message}`)
        assert.match(error.code, /^MR-300[2357]$/, `${fault}: ${error.code} ${error.message}`)
        await stage.vendor.setFault(fault, null)
      }
    },
  },
]

async function checkWith({ open }: Stage, keys: { readonly [key: string]: string }): Promise<void> {
  const { opened } = await open(keys)
  await opened.check({ signal })
}

/** Has what encodings change: a slash, a plus, an equals sign, a letter beyond ASCII. */
const canary = (key: string) => `canary/${key}+~é=0123456789`

const signal = new AbortController().signal
