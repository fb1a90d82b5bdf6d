import type { StreamConfig } from '../config/project.ts'
import type { FieldHistory, Stream } from '../connector/contract.ts'
import { MillraceError } from '../model/millrace-error.ts'
import { ownMember } from '../model/own-member.ts'

/** Fields of a history's rows without which there is no view of it. */
export const madeOf = ({ record, field, from, to, at, kind }: FieldHistory): readonly string[] =>
  [record, field, from, to, at, kind].filter((name) => name !== undefined)

/**
 * The view over a history needs its rows as the vendor wrote them; only the values may be masked, and the record as its own key
 * is. @param alike the mask that the parent's key has, by the history's field @throws MillraceError MR-1208
 */
export function checkHistory(
  sync: string,
  { name, history }: Pick<Stream, 'name' | 'history'>,
  { config, alike }: { readonly config: StreamConfig; readonly alike: StreamConfig['mask'] },
): void {
  if (!history) return
  const refuse = (field: string, what: string, next: string) =>
    new MillraceError('MR-1208', {
      message: `${sync}: ${name}.${field} cannot be ${what}: the field history of ${history.of} is made of it. (${config.place.file}:${config.place.line})`,
      kept: 'Nothing was read or changed.',
      next,
    })
  for (const field of madeOf(history)) {
    const isValue = field === history.from || field === history.to
    if (config.exclude.includes(field))
      throw refuse(
        field,
        'left out',
        isValue ? `Mask it:  ${name}: { mask: { ${field}: redact } }` : 'Take it out of  exclude .',
      )
    const mask = ownMember(config.mask, field)
    if (mask !== undefined && !isValue && mask !== ownMember(alike, field))
      throw refuse(
        field,
        `masked with ${mask}`,
        field === history.record
          ? `Mask the key of ${history.of} with sha256: it is masked here, too.`
          : 'Take the mask off this field.',
      )
  }
}
