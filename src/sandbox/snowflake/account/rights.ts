/**
 * Who may do what: roles inherit from roles, an object's creator owns it. Simply: what `millrace grants snowflake`
 * prints, and what it needs to be proven. https://docs.snowflake.com/en/user-guide/security-access-control-privileges
 */
import type { CatalogObject } from '../run/catalog.ts'
import type { ObjectName } from '../sql/statement.ts'
import type { Account, Grant } from './account.ts'

export type Rights = {
  /** May the role do one of these with it? Its owner may do everything. */
  readonly may: (role: string, privileges: readonly string[], on: string, name: string) => boolean
  readonly mayUse: (role: string, on: 'WAREHOUSE' | 'DATABASE', name: string) => boolean
  readonly maySee: (role: string, table: ObjectName) => boolean
  /**
   * What SHOW and INFORMATION_SCHEMA tell the role of: objects that it has any right on, where it may look at all; and all of
   * them to who manages grants. https://docs.snowflake.com/en/sql-reference/info-schema#general-usage-notes
   */
  readonly shown: (role: string) => (object: Pick<CatalogObject, 'kind' | 'name'>) => boolean
  readonly ownerOf: (on: string, name: string) => string | null
  /** May the user take this role on? */
  readonly mayAssume: (user: string, role: string) => boolean
  readonly give: (role: string, grant: Grant) => void
  readonly take: (role: string, grant: Pick<Grant, 'privilege' | 'on' | 'name'>) => void
  /** What is made belongs to who made it; what was granted on what is yet to come is granted on it. */
  readonly come: (owner: string, on: string, name: ObjectName) => void
  /** All rights on an object that is gone; or they move with a name. */
  readonly forget: (on: string, name: string) => void
  readonly rename: (on: string, from: string, to: string) => void
}

export function createRights({ state, save }: Account): Rights {
  const rolesOf = (role: string, seen = new Set<string>()): Set<string> => {
    if (seen.has(role)) return seen
    seen.add(role)
    for (const inherited of state.roles[role]?.roles ?? []) rolesOf(inherited, seen)
    return seen.add('PUBLIC')
  }
  const isAdministrator = (role: string) => rolesOf(role).has('ACCOUNTADMIN')
  const grantsOf = (role: string): readonly Grant[] =>
    [...rolesOf(role)].flatMap((name) => state.roles[name]?.grants ?? [])
  const may = (role: string, privileges: readonly string[], on: string, name: string): boolean =>
    isAdministrator(role) ||
    grantsOf(role).some(
      (grant) =>
        (grant.privilege === 'OWNERSHIP' ||
          // As older versions kept it; today ALL is what the kind of object has.
          (grant.privilege === 'ALL PRIVILEGES' && !privileges.includes('OWNERSHIP')) ||
          privileges.length === 0 ||
          privileges.includes(grant.privilege)) &&
        grant.on === on &&
        grant.name === name,
    )
  const give: Rights['give'] = (role, grant) => {
    const grants = state.roles[role]?.grants
    if (!grants || grants.some((known) => isSame(known, grant))) return
    grants.push(grant)
    save()
  }
  /** Those of a schema stand before all those of its database. */
  const future = (on: string, { database, schema }: ObjectName) => {
    const within = (parent: string) =>
      Object.values(state.roles).flatMap(({ name: role, grants }) =>
        grants
          .filter((grant) => grant.on === `FUTURE ${on}` && grant.name === parent)
          .map((grant) => ({ role, grant })),
      )
    const ofSchema = schema === null ? [] : within(`${database ?? ''}.${schema}`)
    return ofSchema.length > 0 ? ofSchema : within(database ?? '')
  }
  const maySee: Rights['maySee'] = (role, { database, schema }) =>
    may(role, ['USAGE', 'CREATE SCHEMA', 'IMPORTED PRIVILEGES'], 'DATABASE', database ?? '') &&
    (schema === null || schema === 'INFORMATION_SCHEMA' || may(role, [], 'SCHEMA', `${database ?? ''}.${schema}`))
  return {
    may,
    maySee,
    shown: (role) => {
      if (may(role, ['MANAGE GRANTS'], 'ACCOUNT', 'ACCOUNT')) return () => true
      const own = new Set(grantsOf(role).map(({ on, name }) => `${on} ${name}`))
      const schemas = new Map<string, boolean>()
      return ({ kind, name }) => {
        if (!own.has(`${kind.toUpperCase()} ${fullName(name)}`)) return false
        if (kind === 'database') return true
        const place = `${name.database ?? ''}.${name.schema ?? ''}`
        const seen = schemas.get(place) ?? maySee(role, name)
        schemas.set(place, seen)
        return seen
      }
    },
    mayUse: (role, on, name) =>
      (on === 'DATABASE' || Object.hasOwn(state.warehouses, name)) && may(role, ['USAGE'], on, name),
    ownerOf: (on, name) =>
      Object.values(state.roles).find(({ grants }) =>
        grants.some((grant) => isSame(grant, { privilege: 'OWNERSHIP', on, name })),
      )?.name ?? null,
    mayAssume: (user, role) =>
      Object.hasOwn(state.roles, role) &&
      (role === 'PUBLIC' || (state.users[user]?.roles ?? []).some((granted) => rolesOf(granted).has(role))),
    give,
    come: (owner, on, object) => {
      const name = fullName(object)
      const granted = future(on, object)
      for (const { role, grant } of granted) give(role, { ...grant, on, name })
      if (!granted.some(({ grant }) => grant.privilege === 'OWNERSHIP'))
        give(owner, { privilege: 'OWNERSHIP', on, name, grantor: owner })
    },
    take: (role, grant) => {
      const grants = state.roles[role]?.grants
      const place = grants?.findIndex((known) => isSame(known, grant)) ?? -1
      if (!grants || place < 0) return
      grants.splice(place, 1)
      save()
    },
    forget: (on, name) => {
      for (const { grants } of Object.values(state.roles))
        for (let index = grants.length - 1; index >= 0; index--) {
          const grant = grants[index]
          const inside = on === 'SCHEMA' || on === 'DATABASE' ? grant?.name.startsWith(`${name}.`) : false
          const own = grant?.name === name && (grant.on === on || grant.on.startsWith('FUTURE '))
          if (own || inside) grants.splice(index, 1)
        }
      save()
    },
    rename: (on, from, to) => {
      for (const { grants } of Object.values(state.roles))
        for (const [index, grant] of grants.entries())
          if (grant.on === on && grant.name === from) grants[index] = { ...grant, name: to }
      save()
    },
  }
}

/** As grants name it. A schema's own name stands in `name`. */
export const fullName = ({ database, schema, name }: ObjectName): string =>
  [database, schema, name].filter((part) => part !== null).join('.')

const isSame = (one: Pick<Grant, 'privilege' | 'on' | 'name'>, other: Pick<Grant, 'privilege' | 'on' | 'name'>) =>
  one.privilege === other.privilege && one.on === other.on && one.name === other.name
