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

/** The engine has held them against `objectOptions`, and lays `match` beside them for previews. */
export const readObjectType = ({ match: _match, ...given }: JsonObject): string =>
  objectOptions.parse(given).object_type_id
