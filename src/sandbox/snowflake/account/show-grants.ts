/** SHOW GRANTS [TO ROLE r | TO USER u | OF ROLE r | ON kind name]: https://docs.snowflake.com/en/sql-reference/sql/show-grants */
import { listingOf, type Listing } from '../run/listing.ts'
import type { RunContext } from '../run/run-statement.ts'
import { objectMissing } from '../sql/snowflake-error.ts'
import type { Grant } from './account.ts'
import { fullName } from './rights.ts'
import { completeName } from './statement-words.ts'

export function showGrants(context: RunContext, rest: readonly string[]): Listing {
  const { service, session } = context
  const { users, roles } = service.account.state
  const [direction = 'TO', kind = 'USER', ...words] = rest
  const name = words.join('').split('.')
  if (direction === 'ON') {
    const full = fullName(completeName(name, kind, session))
    return listRights(rightsIn(context).filter((right) => right.on === kind && right.name === full))
  }
  if (direction === 'OF') {
    const role = name[0] ?? ''
    const holders = (to: Holder['to'], all: readonly { readonly name: string; readonly roles: readonly string[] }[]) =>
      all.filter((each) => each.roles.includes(role)).map((each) => ({ role, to, name: each.name }))
    return listHolders([...holders('USER', Object.values(users)), ...holders('ROLE', Object.values(roles))])
  }
  if (kind === 'USER') {
    const user = users[name[0] === undefined || name[0] === '' ? session.user : name[0]]
    if (!user) throw objectMissing(name[0] ?? '', 'User')
    return listHolders(user.roles.map((role) => ({ role, to: 'USER', name: user.name })))
  }
  const role = roles[name[0] ?? '']
  if (!role) throw objectMissing(name[0] ?? '', 'Role')
  const own = rightsIn(context).filter(({ holder }) => holder === role.name)
  const inherited = { privilege: 'USAGE', on: 'ROLE', grantor: '', holder: role.name }
  return listRights([...own, ...role.roles.map((each) => ({ ...inherited, name: each }))])
}

type Holder = { readonly role: string; readonly to: 'USER' | 'ROLE'; readonly name: string }

const listHolders = (holders: readonly Holder[]): Listing =>
  listingOf(holders, {
    created_on: () => null,
    role: ({ role }) => role,
    granted_to: ({ to }) => to,
    grantee_name: ({ name }) => name,
    granted_by: () => '',
  })

type Right = Grant & { readonly holder: string }

const rightsIn = ({ service }: RunContext): readonly Right[] =>
  Object.values(service.account.state.roles).flatMap(({ name: holder, grants }) =>
    // Those on what is yet to come are told by SHOW FUTURE GRANTS.
    grants.filter(({ on }) => !on.startsWith('FUTURE ')).map((grant) => ({ ...grant, holder })),
  )

const listRights = (rights: readonly Right[]): Listing =>
  listingOf(rights, {
    created_on: () => null,
    privilege: ({ privilege }) => privilege,
    granted_on: ({ on }) => on,
    name: ({ name }) => name,
    granted_to: () => 'ROLE',
    grantee_name: ({ holder }) => holder,
    grant_option: () => 'false',
    granted_by: ({ grantor }) => grantor,
  })
