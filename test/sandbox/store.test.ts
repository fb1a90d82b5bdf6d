import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { openStore } from '../../src/sandbox/store.ts'
import { openVendorFile, type VendorFile } from '../../src/sandbox/vendor-file.ts'

let dir: string
const files: VendorFile[] = []
const open = () => {
  const file = openVendorFile(join(dir, 'tiny.sqlite'))
  files.push(file)
  return { file, store: openStore(file) }
}

beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), 'millrace-store-'))
})

afterEach(() => {
  for (const file of files.splice(0)) file.close()
  rmSync(dir, { recursive: true, force: true })
})

test('records come back in order of insertion, and an update keeps its place', () => {
  const { file, store } = open()
  for (const id of ['b', 'a', 'c']) store.put('Thing', id, { id })
  store.put('Thing', 'b', { id: 'b', again: true })
  store.remove('Thing', 'a')
  store.put('Thing', 'a', { id: 'a' })
  const records = [...store.all('Thing')]
  file.flush()
  const later = open().store
  expect([...later.all('Thing')]).toEqual(records)
  expect(records.map(([id]) => id)).toEqual(['b', 'c', 'a'])
  expect(later.get('Thing', 'b')).toEqual({ id: 'b', again: true })
  expect(later.count('Thing')).toBe(3)
  expect(later.types()).toEqual(['Thing'])
})

test('text that files are bad at comes back as it was', () => {
  const { file, store } = open()
  const odd = {
    surrogate: '\ud800',
    nul: 'a\u0000b',
    emoji: '👩‍💻',
    big: 9007199254740991,
    empty: '',
    nothing: null,
    deep: [{ a: [1] }],
  }
  store.put("Od'd", 'ключ " \' ;', odd)
  file.flush()
  expect(open().store.get("Od'd", 'ключ " \' ;')).toEqual(odd)
})

test('a counter never repeats, not even after a restart', () => {
  const { file, store } = open()
  expect([store.next('id'), store.next('id'), store.next('other')]).toEqual([1, 2, 1])
  file.flush()
  expect(open().store.next('id')).toBe(3)
})

test('a batch that throws leaves nothing behind, in memory or in the file', () => {
  const { store } = open()
  store.put('Thing', 'kept', { n: 1 })
  const failing = () =>
    store.batch(() => {
      store.put('Thing', 'kept', { n: 2 })
      store.put('Other', 'x', { n: store.next('id') })
      throw new TypeError('in the middle')
    })
  expect(failing).toThrow('in the middle')
  expect(store.get('Thing', 'kept')).toEqual({ n: 1 })
  expect([store.count('Other'), store.types(), store.next('id')]).toEqual([0, ['Thing'], 1])
  expect(open().store.types()).toEqual(['Thing'])
})

test('what is written outside of a request is in the file by the end of the turn', async () => {
  const { store } = open()
  store.put('Thing', 'late', { n: 1 })
  await new Promise((resolve) => setTimeout(resolve, 20))
  expect(open().store.get('Thing', 'late')).toEqual({ n: 1 })
})

test('25,000 records are seeded together, without a write to the file for each', () => {
  const { store } = open()
  const started = performance.now()
  store.batch(() => {
    for (let id = 0; id < 25_000; id++)
      store.put(`Type${id % 5}`, String(id), { id, name: `name ${id}`, note: 'x'.repeat(200), none: null })
  })
  expect(performance.now() - started).toBeLessThan(10_000)
  expect(open().store.count('Type3')).toBe(5000)
})
