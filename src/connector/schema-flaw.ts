/**
 * What is said in place of a `z.object`, such as its shape alone; null: it is one. It may be of another copy of zod than ours: what it can
 * do is looked for, not what made it.
 */
export function schemaFlaw(name: string, schema: unknown): string | null {
  const { shape, strict, safeParse } = Object(schema) as { readonly [member: string]: unknown } // looked at here
  const isSchema = Object(shape) === shape && typeof strict === 'function' && typeof safeParse === 'function'
  return isSchema ? null : `\`${name}\` is no z.strictObject({ … })`
}

/** Of what may have none. */
export const optionsFlaw = ({ options }: { readonly options?: unknown }): string | null =>
  options === undefined ? null : schemaFlaw('options', options)
