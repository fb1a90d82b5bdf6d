import { createRequire } from 'node:module'
import { describe, expect, it } from 'vitest'
import { liquidVersion } from '../../src/template/liquid-engine.ts'
import { parseTemplate, templateNumber, type TemplateValues } from '../../src/template/template.ts'

function render(text: string, values: TemplateValues = {}): string {
  const parsed = parseTemplate(text)
  if ('problem' in parsed) return `problem: ${parsed.problem.reason}`
  const rendered = parsed.template.render(values)
  return rendered.ok ? rendered.text : `refused: ${rendered.reason}`
}

// A machine that is not in UTC, before the first template: the worst there is, where clocks change.
process.env['TZ'] = 'America/New_York'
const big = templateNumber('12345678901234567890.12')

describe('a template', () => {
  it.each<[string, string, TemplateValues, string]>([
    ['joins columns', '{{ plan }}-{{ interval }}', { plan: 'pro', interval: 'month' }, 'pro-month'],
    ['prints nothing for null', '{{ plan }}-{{ interval }}', { plan: null, interval: 'month' }, '-month'],
    ['has defaults', '{{ plan | default: "free" }}', { plan: null }, 'free'],
    ['has conditions', '{% if out %}out{% else %}in{% endif %}', { out: false }, 'in'],
    ['walks lists', '{% for t in tags %}{{ t }};{% endfor %}', { tags: ['a', 'b'] }, 'a;b;'],
    ['reads members of json', '{{ address.city }}/{{ address.none.at.all }}', { address: { city: 'Turku' } }, 'Turku/'],
    [
      'writes dates in UTC',
      '{{ d | date: "%Y/%m/%d %H:%M %a" }}',
      { d: '2026-11-20T23:59:00Z' },
      '2026/11/20 23:59 Fri',
    ],
    ['reads a text without a zone as UTC', '{{ d | date: "%d %H:%M" }}', { d: '2026-11-20 09:55:00' }, '20 09:55'],
    ['reads it so with a T and a fraction', '{{ d | date: "%H:%M:%S" }}', { d: '2026-11-20T09:55:00.5' }, '09:55:00'],
    ['reads a day in words as UTC', '{{ d | date: "%Y-%m-%dT%H:%M" }}', { d: 'Nov 20 2026' }, '2026-11-20T00:00'],
    ['heeds a zone that is there', '{{ d | date: "%d %H:%M" }}', { d: '2026-11-20 23:55:00-05' }, '21 04:55'],
    ['reads a day as UTC', '{{ d | date_to_string }}', { d: '2026-11-20' }, '20 Nov 2026'],
    ['has the hour that a clock here passes over', '{{ d | date: "%H:%M" }}', { d: '2026-03-08T02:30:00Z' }, '02:30'],
    ['has the hour after clocks here went back', '{{ d | date: "%H:%M" }}', { d: '2026-11-01T05:30:00Z' }, '05:30'],
    [
      'writes dates in a zone that is asked for',
      '{{ d | date: "%d %H:%M", "America/New_York" }}',
      { d: '2026-11-20 02:00:00' },
      '19 21:00',
    ],
    ['hashes', '{{ e | downcase | sha256 | slice: 0, 8 }}', { e: 'A@B.C' }, 'd648b243'],
    ['sees nothing of JavaScript', '{{ o.constructor }}{{ o.__proto__ }}{{ o.toString }}', { o: {} }, ''],
    ['repairs half of a character', '{{ a }}', { a: 'x\ud800' }, 'x\ufffd'],
  ])('%s', (_what, text, values, expected) => {
    expect(render(text, values)).toBe(expected)
  })

  it.each<[string, TemplateValues, string]>([
    ['{{ a | plus: b }}', { a: 0.1, b: 0.2 }, '0.3'],
    ['{{ n }}', { n: big }, '12345678901234567890.12'],
    ['{{ n | minus: 1 | times: 2 }}', { n: big }, '24691357802469135778.24'],
    [
      '{{ n | round: 1 }} {{ n | ceil }} {{ n | floor }}',
      { n: big },
      '12345678901234567890.1 12345678901234567891 12345678901234567890',
    ],
    ['{{ 1 | divided_by: 3 }} {{ 5 | divided_by: 2 }}', {}, '0.33333333333333333333 2.5'],
    ['{{ "10.50" | plus: 0 }}', {}, '10.5'],
    ['{{ a | plus: 1 }}.', { a: null }, '.'],
    [
      '{{ l | sum }} {{ l | join: "+" }}',
      { l: [0.1, 0.2, big] },
      '12345678901234567890.42 0.1+0.2+12345678901234567890.12',
    ],
    [
      '{% if n > m %}more{% endif %}{% if m < n %}, less{% endif %}',
      { n: big, m: templateNumber('9876543210987654321.1') },
      'more, less',
    ],
    ['{% if n == m %}equal{% endif %}', { n: big, m: templateNumber('12345678901234567890.12') }, 'equal'],
    ['{% if n > 9 %}more{% endif %}', { n: 10 }, 'more'],
    ['{{ o | json }}', { o: { n: big, a: 1 } }, '{"n":12345678901234567890.12,"a":1}'],
  ])('counts exactly: %s', (text, values, expected) => {
    expect(render(text, values)).toBe(expected)
  })

  it.each<[string, TemplateValues, string]>([
    ['{{ a | plus: 1 }}', { a: 'abc' }, 'refused: the template fails: abc is not a number'],
    ['{{ a | divided_by: 0 }}', { a: 1 }, 'refused: the template fails: division by 0'],
    ['{{ "now" | date: "%Y" }}', {}, 'refused: the template fails: now is not known here: map a column'],
    ['{{ a | date: "%Y" }}', { a: 'today' }, 'refused: the template fails: today is not known here: map a column'],
    ['{% for i in (1..1000000000) %}x{% endfor %}', {}, 'refused: the template fails: memory alloc limit exceeded'],
    [
      '{% for i in (1..9000) %}{{ a }}{% endfor %}',
      { a: '12345678' },
      'refused: the template makes more than 65536 bytes',
    ],
    [
      '{% assign n = 9 %}{% for i in (1..20) %}{% assign n = n | times: n %}{% endfor %}{{ n }}',
      {},
      'refused: the template fails: a number has more than 1000 digits',
    ],
  ])('refuses a row, not a run: %s', (text, values, reason) => {
    expect(render(text, values)).toBe(reason)
  })

  it('stops at its time', () => {
    const nested = '{% for i in (1..900) %}{% for j in (1..900) %}{% if i == j %}{% endif %}{% endfor %}{% endfor %}'
    const begun = performance.now()
    expect(render(nested.repeat(40))).toMatch(
      /^refused: the template fails: (template render|memory alloc) limit exceeded/,
    )
    expect(performance.now() - begun).toBeLessThan(10_000)
  })

  it.each([
    ['{{ a', 'output "{{ a" not closed', 1, 1],
    ['x\n  {{ a | upcas }}', 'there is no filter upcas', 2, 3],
    ['{% if a %}', 'tag {% if a %} not closed', 1, 1],
    ['{% include "x" %}', 'there is no tag include', 1, 1],
    ['{% render "x" %}', 'there is no tag render', 1, 1],
    ['{% layout "x" %}', 'there is no tag layout', 1, 1],
    ['{{ a | sample }}', 'there is no filter sample', 1, 1],
    ['{{ a | where_exp: "x", "x.y" }}', 'there is no filter where_exp', 1, 1],
    ['x'.repeat(16_385), 'parse length limit exceeded', 1, 1],
  ])('cannot be parsed: %.30s', (text, reason, line, column) => {
    expect(parseTemplate(text)).toEqual({ problem: { reason, line, column } })
  })

  it('says which columns it reads, and where; its own variables are none', () => {
    const parsed = parseTemplate(
      '{% assign x = a | append: b.c %}{% for t in tags %}{{ t }}{% endfor %}\n{{ x }}{{ name.size }}',
    )
    expect('template' in parsed && parsed.template.columns).toEqual([
      { name: 'a', line: 1, column: 15, hasMembers: false },
      { name: 'b', line: 1, column: 27, hasMembers: true },
      { name: 'tags', line: 1, column: 45, hasMembers: false },
      { name: 'name', line: 2, column: 11, hasMembers: false },
    ])
  })
})

it('knows which Liquid it renders with: the version of every mapping holds it', () => {
  const { version } = createRequire(import.meta.url)('liquidjs/package.json') as { readonly version: string }
  expect(version.split('.')[0]).toBe(String(liquidVersion))
})
