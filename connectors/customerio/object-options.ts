import { MillraceError, z, type JsonObject } from 'millrace'

/** `options` of a sync to `object` or `relationship`. */
export const objectOptions = z.strictObject({
  object_type_id: z
    .string()
    .regex(/^[1-9]\d*$/)
    .meta({
      description: 'The object type, as Customer.io numbers it: "1" is the first that was made in the workspace',
    }),
})

/** The engine lays `match` beside a sync's options for previews. */
export function readObjectType({ match: _match, ...given }: JsonObject): string {
  const options = objectOptions.safeParse(given)
  if (options.success) return options.data.object_type_id
  throw new MillraceError('MR-1209', {
    message: `Writing objects to Customer.io: ${z.prettifyError(options.error)}`,
    kept: 'Nothing was sent.',
    next: 'Write `options: { object_type_id: "1" }` into the sync; Customer.io shows the number in the address of the type’s page.',
  })
}
