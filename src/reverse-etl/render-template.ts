/** A template of a map, for one row: exact numbers in, a text or a number out. */
import type { FieldValue } from '../model/change.ts'
import { stars } from '../model/mask.ts'
import type { TextRow } from '../warehouse/port.ts'
import { parseTemplate, templateNumber, type Template } from '../template/template.ts'
import { encodeValue, type Encoded } from './encode-value.ts'
import { isExactNumber } from './exact-number.ts'
import type { MappedPart } from './mapped-field.ts'
import { at } from './refusal-words.ts'

export type MappedTemplate = MappedPart & { readonly kind: 'template' }

/** A blank text of nothing but nulls is null; so is any blank one where the field takes no text. */
export function renderTemplate({ template, columns, type }: MappedTemplate, row: TextRow): Encoded {
  const values: { [column: string]: unknown } = {}
  let allNull = true
  for (const [name, column] of Object.entries(columns)) {
    const text = row[column.name] ?? null
    const encoded = encodeValue(text, column.type, 'any')
    if (!encoded.ok) return { ok: false, ...at(column.name, encoded) }
    values[name] = liquidValue(encoded.value)
    if (text !== null) allNull = false
  }
  const rendered = compiled(template).render(values)
  // What fails in a template names the value at which it does.
  if (!rendered.ok)
    return { ...rendered, starred: rendered.reason.replace(/^(the template fails: )[^]*/, `$1${stars}`) }
  const isText = type === 'string' || type === 'json' || type === 'any'
  if (rendered.text.trim() === '' && (allNull || !isText)) return { ok: true, value: null }
  return encodeValue(isText ? rendered.text : rendered.text.trim(), 'string', type)
}

/** Numbers that a double cannot hold go in with their digits. */
function liquidValue(value: FieldValue): unknown {
  if (typeof value !== 'object' || value === null) return value
  if (isExactNumber(value)) return templateNumber(value.rawJSON)
  if (Array.isArray(value)) return value.map(liquidValue)
  return Object.fromEntries(Object.entries(value).map(([name, part]) => [name, liquidValue(part)]))
}

/** A project has as many as its files say, and their texts are its own. */
function compiled(text: string): Template {
  const known = templates.get(text)
  if (known) return known
  const parsed = parseTemplate(text)
  // It was parsed when the map was held against the model.
  const template = 'template' in parsed ? parsed.template : unfit(parsed.problem.reason)
  templates.set(text, template)
  return template
}

const unfit = (reason: string): Template => ({ columns: [], render: () => ({ ok: false, reason }) })

const templates = new Map<string, Template>()
