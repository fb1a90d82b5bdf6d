import { mkdtempSync, readFileSync, rmSync, statSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, expect, it } from 'vitest'
import { copyFirstLines, openLines, readLines } from '../../src/reverse-etl/change-spool.ts'

const directory = mkdtempSync(join(tmpdir(), 'millrace-changes-'))
afterAll(() => rmSync(directory, { recursive: true, force: true }))
const path = join(directory, 'changes.ndjson')

describe('lines between the diff and the delivery', () => {
  it('are on disk while more are written: a diff of any size does not wait in memory', async () => {
    const writer = await openLines(path)
    const line = { text: 'x'.repeat(1000) }
    let waitedMost = 0
    for (let written = 0; written < 5000; written++) {
      await writer.write(line)
      waitedMost = Math.max(waitedMost, (written + 1) * JSON.stringify(line).length - statSync(path).size)
    }
    expect(waitedMost).toBeLessThan(2 << 20)
    await writer.close()
    expect(writer.lines()).toBe(5000)
    expect(readFileSync(path, 'utf8')).toBe(`${JSON.stringify(line)}\n`.repeat(5000))
  })

  it('are read from the first on, as many as were asked for, and copied likewise', async () => {
    const writer = await openLines(path)
    const separators = 'a\u2028b\u2029c'
    for (let n = 0; n < 3000; n++) await writer.write({ n, separators, text: 'é'.repeat(400) })
    await writer.close()
    const read = await Array.fromAsync(readLines(path))
    expect(read.map((line): { n: number } => JSON.parse(line)).map(({ n }) => n)).toEqual(
      Array.from({ length: 3000 }, (_, n) => n),
    )
    expect(await Array.fromAsync(readLines(path, 2999))).toEqual(read.slice(0, 2999))
    expect(await Array.fromAsync(readLines(path, 0))).toEqual([])
    await copyFirstLines(path, 2500, join(directory, 'first.ndjson'))
    expect(await Array.fromAsync(readLines(join(directory, 'first.ndjson')))).toEqual(read.slice(0, 2500))
  })
})
