import { z, type JsonObject } from 'millrace'

/** `options` of a sync to `object` or `relationship`. */
export const objectOptions = z.strictObject({
  object_type_id: z
    .string()
    .regex(/^[1-9]\d*$/)
    .meta({
      description:
        'The object type, as Customer.io numbers it: "1" is the first that was made in the workspace; the address of the type’s page has it',
    }),
})

/** The engine has held them against `objectOptions`, and lays `match` beside them for previews. Where it has none yet: the longest. */
export function readObjectType(options: JsonObject | null): string {
  if (options === null) return '9'.repeat(10)
  const { match: _match, ...given } = options
  return objectOptions.parse(given).object_type_id
}
