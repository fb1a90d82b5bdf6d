/** Masks that would break what the engine does with a field, or leave its value in clear beside it. */
import type { StreamConfig } from '../config/project.ts'
import { isGlob } from '../config/stream-glob.ts'
import type { Stream } from '../connector/contract.ts'
import { MillraceError } from '../model/millrace-error.ts'
import { ownMember } from '../model/own-member.ts'

type Masked = { readonly sync: string; readonly config: StreamConfig }

/**
 * What the engine works with has to stay what it is; a key may be a hash, which tells rows apart as well.
 * @param request `plain`: fields that are compared with what the vendor says; `hashable`: beside the key @throws MillraceError MR-1208
 */
export function checkMasks(
  { sync, config }: Masked,
  { name, key, parts = {} }: Pick<Stream, 'name' | 'key' | 'parts'>,
  {
    required,
    plain,
    hashable,
  }: {
    readonly required: ReadonlySet<string>
    readonly plain: readonly string[]
    readonly hashable: readonly string[]
  },
): void {
  const refuse = (message: string, next: string) =>
    new MillraceError('MR-1208', {
      message: `${sync}: ${message}. (${config.place.file}:${config.place.line})`,
      kept: 'Nothing was read or changed.',
      next,
    })
  for (const [field, mask] of Object.entries(config.mask)) {
    if (plain.includes(field))
      throw refuse(`${name}.${field} cannot be masked: rows are replaced by it`, 'Take the mask off this field.')
    const isHashable = key.includes(field) || hashable.includes(field)
    if (required.has(field) && !(mask === 'sha256' && isHashable))
      throw isHashable
        ? refuse(
            `${name}.${field} cannot be masked with ${mask}: it is ${key.includes(field) ? 'the key' : 'its parent’s key'}`,
            'Mask it with sha256, which keeps rows apart.',
          )
        : refuse(
            `${name}.${field} cannot be masked with ${mask}: rows are loaded by it`,
            'Take the mask off this field.',
          )
  }
  for (const [whole, fields] of Object.entries(parts)) {
    const part = fields.find((field) => ownMember(config.mask, field) !== undefined)
    if (
      part !== undefined &&
      (isLoaded(config, whole) || required.has(whole)) &&
      ownMember(config.mask, whole) === undefined
    )
      throw refuse(
        `${name}.${part} is masked, and ${whole} has it in clear`,
        required.has(whole)
          ? `Mask ${whole} too, with sha256: the stream cannot do without it.`
          : `Mask ${whole} too, or leave it out:  exclude: [${whole}]`,
      )
  }
}

/** Beside the key and what rows are loaded by, which always are. */
export const isLoaded = ({ include, exclude }: Pick<StreamConfig, 'include' | 'exclude'>, field: string): boolean =>
  (include === null || include.includes(field)) && !exclude.includes(field)

/** A `where` that a stream does not know would load what it was to keep out. @throws MillraceError MR-1208 */
export function checkWhere(
  sync: string,
  { name, takesWhere }: Pick<Stream, 'name' | 'takesWhere'>,
  config: StreamConfig,
): void {
  if (config.where === null || takesWhere) return
  throw new MillraceError('MR-1208', {
    message: `${sync}: ${name} takes no  where : the vendor cannot filter it. (${config.place.file}:${config.place.line})`,
    kept: 'Nothing was read or changed.',
    next: 'Take  where  out, and filter in a model.',
  })
}

/** Rows that come inside others land as they come. @throws MillraceError MR-1208 */
export function checkChild(sync: string, parent: string, config: StreamConfig): void {
  checkWhere(sync, { name: config.name }, config)
  const idle = config.own?.find((key) => ofParents.has(key))
  if (idle === undefined || isGlob(config.name)) return
  throw new MillraceError('MR-1208', {
    message: `${sync}: ${config.name} takes no  ${idle} : it comes inside ${parent}, as that is read. (${config.place.file}:${config.place.line})`,
    kept: 'Nothing was read or changed.',
    next: `Take it out, or say it of ${parent}.`,
  })
}

const ofParents: ReadonlySet<string> = new Set([
  'mode',
  'query',
  'options',
  'restate',
  'reconcile',
  'formula_refresh',
  'field_history',
])
