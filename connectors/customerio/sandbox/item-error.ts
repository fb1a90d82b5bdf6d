export type ItemError = { readonly reason: string; readonly field: string; readonly message: string }

export type Item = { readonly [name: string]: unknown }

export const isRecord = (value: unknown): value is Item =>
  typeof value === 'object' && value !== null && !Array.isArray(value)

export const required = (field: string): ItemError => ({ reason: 'required', field, message: `${field} is required` })

export const invalid = (field: string, message: string): ItemError => ({ reason: 'invalid', field, message })

export const notHere = (field: string, what: string): ItemError => ({
  reason: 'not_in_sandbox',
  field,
  message: `${what} is not in the sandbox`,
})
