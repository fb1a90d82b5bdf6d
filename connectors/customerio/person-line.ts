/** A row of an export as a line of JSON. */
import { malformed } from './read-answer.ts'

export type LineWriter = (cells: readonly string[]) => string

/**
 * Its columns are found by their names: the order is not documented, and an attribute may stand there twice. Every value in a
 * CSV is text, and stays text within `attributes`; an empty cell is an attribute that the person does not have.
 * @throws MillraceError MR-3005 without a cio_id, which is what a person is known by
 */
export function openLines(header: readonly string[]): LineWriter {
  if (!header.includes('cio_id')) throw malformed('exported people without a column cio_id')
  const own = header.flatMap((name, index) => (name === '' || standard.has(name) ? [] : [{ name: clean(name), index }]))
  const indexes = (name: string) => header.flatMap((each, index) => (each === name ? [index] : []))
  const places = new Map([...standard].map((name) => [name, indexes(name)]))
  return (cells) => {
    if (cells.length !== header.length)
      throw malformed(`exported a row of ${cells.length} cells under ${header.length} columns: the file may be cut`)
    const cell = (name: string) =>
      places
        .get(name)
        ?.map((index) => cells[index])
        .find((text) => text !== '') ?? ''
    const created = cell('created_at')
    const isInstant = seconds.test(created) || instant.test(created)
    const attributes: { [name: string]: string } = Object.create(null)
    for (const { name, index } of own) {
      const text = cells[index] ?? ''
      if (text !== '') attributes[name] ??= clean(text)
    }
    // What is no instant is not lost.
    if (created !== '' && !isInstant) attributes['created_at'] = created
    const fields = [
      `"cio_id":${json(cell('cio_id').replace(/^cio_/, ''))}`,
      `"id":${json(cell('id'))}`,
      `"email":${json(cell('email'))}`,
      `"created_at":${isInstant ? (seconds.test(created) ? created : json(created)) : 'null'}`,
      `"unsubscribed":${isUnsubscribed.test(cell('unsubscribed'))}`,
      `"cio_subscription_preferences":${objectOrText(cell('cio_subscription_preferences'))}`,
      `"attributes":${JSON.stringify(attributes)}`,
    ]
    return `{${fields.join(',')}}\n`
  }
}

const json = (text: string) => (text === '' ? 'null' : JSON.stringify(clean(text)))

/** As NUL characters become everywhere (src/model/compact-json.ts). */
const clean = (text: string) => text.replaceAll('\0', '\ufffd')

/** Preferences are an object of booleans, as JSON. */
function objectOrText(text: string): string {
  if (text === '') return 'null'
  try {
    const value: unknown = JSON.parse(text)
    if (typeof value === 'object' && value !== null) return JSON.stringify(value)
  } catch {
    // Not JSON: it is kept as the text that it is.
  }
  return json(text)
}

export const standard: ReadonlySet<string> = new Set([
  'cio_id',
  'id',
  'email',
  'created_at',
  'unsubscribed',
  'cio_subscription_preferences',
])

/** A CSV does not say whether it was true or "true": who may have opted out, has. https://docs.customer.io/messaging/people/reserved-attributes/ */
const isUnsubscribed = /^(?:true|1)$/i
const seconds = /^\d{1,11}$/
const instant = /^\d{4}-\d\d-\d\dT\d\d:\d\d/
