import { isPlain, type Table } from './member-forms.ts'

/** With the members that its class gives it as its own: where a thing is wrapped its own are taken along, and a getter would be left behind. */
export function allMembers<Thing extends object>(thing: Thing, { names }: Table): Thing {
  if (isPlain(thing)) return thing
  return Object.fromEntries(
    names
      .filter((name) => name in thing)
      .map((name) => {
        const value: unknown = Reflect.get(thing, name)
        return [name, typeof value === 'function' ? value.bind(thing) : value] as const
      }),
  ) as Thing // the same members, as far as they are any
}
