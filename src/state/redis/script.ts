/** Lua that runs inside Redis, whole or not at all. https://redis.io/docs/latest/develop/programmability/eval-intro/ */
import { createHash } from 'node:crypto'
import type { Redis } from 'ioredis'
import { MillraceError } from '../../model/millrace-error.ts'

export type Script = { readonly lua: string; readonly sha: string }

export function script(lua: string): Script {
  const whole = `${clock}${lua}`
  return { lua: whole, sha: createHash('sha1').update(whole).digest('hex') }
}

/** A server that was restarted does not know the script: it is sent again. */
export async function runScript(
  redis: Redis,
  { lua, sha }: Script,
  keys: readonly string[],
  args: readonly (string | number)[],
): Promise<unknown> {
  try {
    return await redis.evalsha(sha, keys.length, ...keys, ...args)
  } catch (error) {
    if (!(error instanceof Error) || !error.message.startsWith('NOSCRIPT')) throw error
    return redis.eval(lua, keys.length, ...keys, ...args)
  }
}

export function listOf(reply: unknown): readonly unknown[] {
  return Array.isArray(reply) ? reply : wrongReply('a list', reply)
}

export function textOf(reply: unknown): string {
  return typeof reply === 'string' ? reply : wrongReply('text', reply)
}

export const optionalTextOf = (reply: unknown): string | null => (reply === null ? null : textOf(reply))

export function numberOf(reply: unknown): number {
  const value = typeof reply === 'string' ? Number(reply) : reply
  return typeof value === 'number' && Number.isFinite(value) ? value : wrongReply('a number', reply)
}

function wrongReply(expected: string, reply: unknown): never {
  throw new MillraceError('MR-6003', {
    message: `control store on Redis: reading it failed: expected ${expected}, found ${reply === null ? 'nothing' : typeof reply}`,
    kept: 'What is in the warehouse is untouched.',
    next: 'Is another program writing into the keys {millrace:…}? Give millrace a database of its own (redis://…/1).',
  })
}

/**
 * `now(given)`: milliseconds by Redis's clock, or as given by a test; `micros()`: by Redis's clock, always; `whole`: a
 * number as text without an exponent, which is what Lua would write.
 */
const clock = `
local function whole(n) return string.format('%.0f', n) end
local function micros() local t = redis.call('TIME'); return tonumber(t[1]) * 1000000 + tonumber(t[2]) end
local function now(given) if given ~= '' then return tonumber(given) end; return math.floor(micros() / 1000) end
`
