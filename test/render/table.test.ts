import { expect, test } from 'vitest'
import { renderDemoTable } from '../../src/render/demo-table.ts'
import { renderTable } from '../../src/render/table.ts'

test('a table is aligned by what a terminal shows, and holds no control characters of its cells', () => {
  const text = renderTable(
    [{ header: 'sync' }, { header: 'rows', align: 'right' }],
    [
      ['日本', '1'],
      ['a\u001b[2J', '24,118'],
    ],
  )
  expect(`\n${text}`).toBe(`
 sync     rows
 日本        1
 a␛[2J  24,118
`)
})

test('a table of 150,000 rows is shown: rejects with a --limit, the parts of a backfill, the cursors of a sync', () => {
  const rows = Array.from({ length: 150_000 }, (_, n) => [`key-${n}`, 'refused'])
  expect(renderTable(['key', 'why'], rows).split('\n')).toHaveLength(rows.length + 2)
}, 30_000)

test('the demo shows a round per row, and a dash where there was nothing to deliver', () => {
  const round = { rejected: 0, added: 0, changed: 0, removed: 0 }
  const text = renderDemoTable([
    { ...round, title: 'first run', read: 24_118, loaded: 24_118, added: 6_204, requests: 412, seconds: 9.8 },
    {
      ...round,
      title: 'a day later',
      read: 312,
      loaded: 187,
      added: 4,
      changed: 41,
      removed: 2,
      requests: 57,
      seconds: 1.9,
    },
    { ...round, title: 'nothing new', read: 64, loaded: 0, requests: 31, seconds: 0.8 },
  ])
  expect(`\n${text}`).toBe(`
 round             read  loaded  added  changed  removed  rejected  requests   time
 1  first run    24,118  24,118  6,204        –        –         0       412  9.8 s
 2  a day later     312     187      4       41        2         0        57  1.9 s
 3  nothing new      64       0      –        –        –         0        31  0.8 s
`)
})
