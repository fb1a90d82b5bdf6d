import type { StreamConfig } from '../config/project.ts'
import type { ChildStream, Stream } from '../connector/contract.ts'
import { ownMember } from '../model/own-member.ts'

/** A masked key is the same hash in the rows that come inside: there it would stand in clear beside it. @param config of the parent */
export function parentMask({ key }: Stream, { parent }: ChildStream, config: StreamConfig): StreamConfig['mask'] {
  const mask = ownMember(config.mask, key.at(-1) ?? '')
  return mask ? { [parent]: mask } : {}
}
