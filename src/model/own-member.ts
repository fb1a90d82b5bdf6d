/** What a record has under a name that came from outside: a field may be called `constructor`. */
export const ownMember = <T>(record: { readonly [name: string]: T } | undefined, name: string): T | undefined =>
  record !== undefined && Object.hasOwn(record, name) ? record[name] : undefined
