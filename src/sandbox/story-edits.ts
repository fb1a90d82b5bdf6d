import { instantBetween, phoneNumber } from './cast.ts'
import type { Person, WorldEvent } from './contract.ts'
import { industries, titles } from './names.ts'
import { anyStaff, draw, isHere, momentOf, quietMs, scaled, type Told } from './told-day.ts'

/** The first account is edited twice in the day, in the same field: a history with two steps. */
export function accountEdits(told: Told): readonly WorldEvent[] {
  const companies = draw(told.random, told.world.companies, scaled(9, told.scale))
  const [twice] = companies
  if (!twice) return []
  const edited = companies.map((company): AccountEdit =>
    editAccount(told, company.number, company === twice ? 'industry' : told.random.pick(accountFields)),
  )
  const [first] = edited
  if (!first) return []
  const second = {
    ...editAccount(told, twice.number, 'industry'),
    at: instantBetween(told.random, new Date(first.at.getTime() + 60_000), new Date(told.end.getTime() - quietMs / 2)),
  }
  return [...edited, second]
}

type AccountEdit = Extract<WorldEvent, { kind: 'account_edited' }>

function editAccount(told: Told, company: number, field: AccountEdit['field']): AccountEdit {
  const value = newAccountValue(told, company, field)
  return { at: momentOf(told), kind: 'account_edited', company, field, value, staff: anyStaff(told) }
}

function newAccountValue({ state, random, world }: Told, company: number, field: AccountEdit['field']): string {
  switch (field) {
    case 'industry': {
      const industry = random.pick(industries.filter((each) => each !== state.industries.get(company)))
      state.industries.set(company, industry)
      return industry
    }
    case 'employees': {
      const employees = (state.employees.get(company) ?? 1) + random.integer(1, 40)
      state.employees.set(company, employees)
      return String(employees)
    }
    case 'phone':
      return phoneNumber(random, world.companies[company - 1]?.country ?? 'US')
  }
}

/**
 * The person who said no at the messaging tool gets a new address in the CRM on the same day: a change beside an opt-out
 * that the CRM does not know of, which must not subscribe them again.
 */
export function personEdits(told: Told): readonly WorldEvent[] {
  const { random, world } = told
  const [neighbour] = told.touched
  const others = world.people.filter((each) => isHere(told, each) && !told.touched.has(each.number))
  const people = [
    ...world.people.filter((each) => each.number === neighbour),
    ...draw(random, others, scaled(8, told.scale)),
  ]
  return people.map((person) => {
    told.touched.add(person.number)
    const field = person.number === neighbour ? 'email' : random.pick(personFields)
    return {
      at: momentOf(told),
      kind: 'person_edited',
      person: person.number,
      field,
      value: newPersonValue(told, person, field),
      staff: anyStaff(told),
    }
  })
}

function newPersonValue({ random, world, number }: Told, person: Person, field: 'title' | 'phone' | 'email'): string {
  const company = world.companies[person.company - 1]
  switch (field) {
    case 'title':
      return `${random.pick(titles.filter((title) => title !== person.title))} (${number})`
    case 'phone':
      return phoneNumber(random, company?.country ?? 'US')
    case 'email':
      // Nobody else can have it: the day and the person are in it.
      return `p${person.number}.d${number}@${company?.domain ?? 'nowhere.example'}`
  }
}

const accountFields = ['industry', 'employees', 'phone'] as const
const personFields = ['title', 'phone', 'email'] as const
