import { MillraceError } from 'millrace'

/** Every answer of the Track API is a JSON object; an error's body may be anything, and is then empty here. */
export type Answer = { readonly status: number; readonly body: JsonBody }

export type JsonBody = { readonly [name: string]: unknown }

/** @throws MillraceError MR-3005 where a 2xx is not a JSON object: a proxy's page, say */
export async function readAnswer(response: Response): Promise<Answer> {
  const { status } = response
  const text = await readText(response)
  const body = parseObject(text)
  if (body) return { status, body }
  if (!response.ok) return { status, body: {} }
  throw malformed(`answered ${status} with ${text === '' ? 'nothing' : 'something that is not a JSON object'}`)
}

export const malformed = (what: string) =>
  new MillraceError('MR-3005', {
    message: `Customer.io ${what}.`,
    next: 'Run again. If it stays, look for a proxy between here and Customer.io.',
  })

async function readText(response: Response): Promise<string> {
  const decoder = new TextDecoder()
  let text = ''
  for await (const chunk of response.body ?? []) {
    text += decoder.decode(chunk, { stream: true })
    if (text.length > maxAnswerChars) throw malformed(`sent more than ${maxAnswerChars} characters`)
  }
  return text + decoder.decode()
}

function parseObject(text: string): JsonBody | undefined {
  try {
    const value: unknown = JSON.parse(text)
    return isObject(value) ? value : undefined
  } catch {
    // The caller knows the status, and so what an answer without JSON means.
    return undefined
  }
}

export const isObject = (value: unknown): value is JsonBody =>
  typeof value === 'object' && value !== null && !Array.isArray(value)

// The longest honest answer names each row of a batch once.
const maxAnswerChars = 4_000_000
