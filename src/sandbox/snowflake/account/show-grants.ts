/** SHOW GRANTS [TO ROLE r | TO USER u | OF ROLE r | ON kind name]: https://docs.snowflake.com/en/sql-reference/sql/show-grants */
import type { RunContext } from '../run/run-statement.ts'
import { objectMissing } from '../sql/snowflake-error.ts'
import { fullName } from './check-rights.ts'
import { completeName } from './statement-words.ts'

type Listing = { readonly names: readonly string[]; readonly rows: readonly (readonly (string | null)[])[] }

export function showGrants(context: RunContext, rest: readonly string[]): Listing {
  const { service, session } = context
  const { users, roles } = service.account.state
  const [direction = 'TO', kind = 'USER', ...words] = rest
  const name = words.join('').split('.')
  if (direction === 'ON') {
    const full = fullName(completeName(name, kind, session))
    return rightsOf(context, (grant) => grant.on === kind && grant.name === full)
  }
  if (direction === 'OF') {
    const role = name[0] ?? ''
    const holders = [
      ...Object.values(users).flatMap((user) => (user.roles.includes(role) ? [['USER', user.name]] : [])),
      ...Object.values(roles).flatMap((each) => (each.roles.includes(role) ? [['ROLE', each.name]] : [])),
    ]
    return {
      names: ['created_on', 'role', 'granted_to', 'grantee_name', 'granted_by'],
      rows: holders.map(([to = '', holder = '']) => [null, role, to, holder, '']),
    }
  }
  if (kind === 'USER') {
    const user = users[name[0] === undefined || name[0] === '' ? session.user : name[0]]
    if (!user) throw objectMissing(name[0] ?? '', 'User')
    return {
      names: ['created_on', 'role', 'granted_to', 'grantee_name', 'granted_by'],
      rows: user.roles.map((role) => [null, role, 'USER', user.name, '']),
    }
  }
  const role = roles[name[0] ?? '']
  if (!role) throw objectMissing(name[0] ?? '', 'Role')
  const inherited = role.roles.map((each) => [null, 'USAGE', 'ROLE', each, 'ROLE', role.name, 'false', ''])
  const { names, rows } = rightsOf(context, (grant, holder) => holder === role.name)
  return { names, rows: [...rows, ...inherited] }
}

function rightsOf(
  { service }: RunContext,
  wanted: (grant: { readonly on: string; readonly name: string }, holder: string) => boolean,
): Listing {
  return {
    names: [
      'created_on',
      'privilege',
      'granted_on',
      'name',
      'granted_to',
      'grantee_name',
      'grant_option',
      'granted_by',
    ],
    rows: Object.values(service.account.state.roles).flatMap((role) =>
      role.grants
        .filter((grant) => wanted(grant, role.name))
        .map(({ privilege, on, name, grantor }) => [null, privilege, on, name, 'ROLE', role.name, 'false', grantor]),
    ),
  }
}
