import { mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import fc from 'fast-check'
import { afterAll, describe, expect, it } from 'vitest'
import type { Fields } from '../../src/model/change.ts'
import { answerOf } from '../../src/reverse-etl/answer-of.ts'
import {
  changeLine,
  copyFirstLines,
  openLines,
  readChanges,
  readLines,
  type SpooledChange,
} from '../../src/reverse-etl/change-spool.ts'
import type { Answer } from '../../src/warehouse/port.ts'
import { canonicalJson } from '../../src/reverse-etl/canonical-json.ts'
import { emptyAnswer } from '../../src/reverse-etl/decision.ts'
import { exactNumber, plainNumber } from '../../src/reverse-etl/exact-number.ts'

const directory = mkdtempSync(join(tmpdir(), 'millrace-changes-'))
afterAll(() => rmSync(directory, { recursive: true, force: true }))
const path = join(directory, 'changes.ndjson')

describe('lines between the diff and the delivery', () => {
  it('are on disk while more are written: a diff of any size does not wait in memory', async () => {
    const writer = await openLines(path)
    const line = 'x'.repeat(1000)
    let waitedMost = 0
    for (let written = 0; written < 5000; written++) {
      await writer.write(line)
      waitedMost = Math.max(waitedMost, (written + 1) * line.length - statSync(path).size)
    }
    expect(waitedMost).toBeLessThan(2 << 20)
    await writer.close()
    expect(writer.lines()).toBe(5000)
    expect(readFileSync(path, 'utf8')).toBe(`${line}\n`.repeat(5000))
  })

  it('are read from the first on, as many as were asked for, and copied likewise', async () => {
    const writer = await openLines(path)
    const separators = 'a\u2028b\u2029c'
    for (let n = 0; n < 3000; n++) await writer.write(JSON.stringify({ n, separators, text: 'é'.repeat(400) }))
    await writer.close()
    const read = (await Array.fromAsync(readLines(path))).flat()
    expect(read.map((line): { n: number } => JSON.parse(line)).map(({ n }) => n)).toEqual(
      Array.from({ length: 3000 }, (_, n) => n),
    )
    expect((await Array.fromAsync(readLines(path, 2999))).flat()).toEqual(read.slice(0, 2999))
    expect(await Array.fromAsync(readLines(path, 0))).toEqual([])
    await copyFirstLines(path, 2500, join(directory, 'first.ndjson'))
    expect((await Array.fromAsync(readLines(join(directory, 'first.ndjson')))).flat()).toEqual(read.slice(0, 2500))
  })
})

const roundTrip = async (change: SpooledChange): Promise<SpooledChange> => {
  writeFileSync(path, `${changeLine(change)}\n`)
  const [read] = (await Array.fromAsync(readChanges(path, Infinity))).flat()
  if (!read) throw new Error('nothing was read')
  return read
}

const change = (fields: Fields, previous: Fields | null = null, answer: Partial<Answer> = {}): SpooledChange => ({
  key: 'a\tb',
  change: { op: 'upsert', key: 'A\tB', fields, previous, idempotencyKey: 'k', setIfEmpty: ['plan'] },
  answer: {
    ...emptyAnswer,
    key: 'a\tb',
    values: ['1', null],
    fields: '{"x":["\t"]}',
    hash: 'h',
    state: 'accepted',
    value: 'h',
    refusals: 1,
    ...answer,
  },
})

describe('a change on its way to the destination', () => {
  it('comes back as it was, whatever is in its texts and however long its numbers are', async () => {
    const cell = fc.oneof(
      fc.string({ unit: 'binary' }),
      fc.boolean(),
      fc.constant(null),
      fc.double({ noNaN: true, noDefaultInfinity: true }).map((number) => exactNumber(plainNumber(String(number)))),
      fc.bigInt().map((number) => exactNumber(String(number))),
      fc.bigInt().map((number) => [{ nested: exactNumber(`${number}.5`) }, 'text']),
    )
    const fields = fc.dictionary(fc.string({ unit: 'binary' }), cell, { noNullPrototype: true })
    await fc.assert(
      fc.asyncProperty(fields, fc.option(fields), async (now, before) => {
        const sent = change(now, before)
        const { answer, change: read, key, bytes } = await roundTrip(sent)
        expect(canonicalJson(read)).toBe(canonicalJson(sent.change))
        expect({ answer, key }).toEqual({ answer: sent.answer, key: sent.key })
        expect(bytes).toBe(Buffer.byteLength(JSON.stringify(now)))
      }),
      { numRuns: 300 },
    )
  })

  it('has the line for the journal that its answer would make', async () => {
    const read = await roundTrip(change({ email: 'ö' }))
    const line = read.acceptedLine?.('2026-11-20T10:00:00.000Z') ?? ''
    const answer = answerOf(read, { outcome: 'ok' }, '2026-11-20T10:00:00.000Z')
    // What only a refusal tells is left out.
    const {
      code: _code,
      message: _message,
      retryable: _retryable,
      attempts: _attempts,
      ...told
    } = answer ?? emptyAnswer
    const { value: _value, refusals: _refusals, ...written } = told
    expect(JSON.parse(line)).toEqual(written)
    // DuckDB refuses a file where a name stands twice.
    expect(line.split('"sent_at"')).toHaveLength(2)
  })

  it('keeps what a refusal of it would count', async () => {
    for (const counted of [
      { attempts: 3, refusals: 2, unanswered: true, message: 'opt-in withheld' },
      { hash: null, value: null, state: 'removed', values: null },
      { value: 'other' },
    ] as const)
      expect((await roundTrip(change({}, null, counted))).answer).toEqual(change({}, null, counted).answer)
  })

  it('of which only the opt-out goes keeps the reason', async () => {
    expect(await roundTrip({ ...change({}), refused: 'too long' })).toMatchObject({ refused: 'too long' })
  })
})
