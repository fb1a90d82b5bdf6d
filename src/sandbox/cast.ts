import type { Company, Deal, Person, Random, Staff } from './contract.ts'
import {
  companyEndings,
  companyFirstWords,
  companySecondWords,
  countries,
  industries,
  peoples,
  titles,
  type Name,
} from './names.ts'

export type Scene = {
  /** 1 is the usual size. */
  readonly scale: number
  readonly epoch: Date
  readonly random: (name: string) => Random
}

/** `list[n - 1].number` is `n`, for every list of the cast. */
export type Cast = {
  readonly companies: readonly Company[]
  readonly people: readonly Person[]
  readonly staff: readonly Staff[]
  readonly deals: readonly Deal[]
}

export function makeCast(scene: Scene): Cast {
  const staff = makeStaff(scene.random('staff'))
  const companies = makeCompanies(scene, staff.length)
  return { staff, companies, people: makePeople(scene, companies), deals: makeDeals(scene, companies) }
}

function makeStaff(random: Random): readonly Staff[] {
  return range(usual.staff).map((number) => {
    const { first, last } = pickName(random)
    return { number, name: `${first[0]} ${last[0]}`, email: `${first[1]}.${last[1]}.${number}@millrace-demo.example` }
  })
}

function makeCompanies(scene: Scene, staff: number): readonly Company[] {
  const random = scene.random('companies')
  return range(scaled(usual.companies, scene.scale)).map((number) => {
    const first = random.pick(companyFirstWords)
    const second = random.pick(companySecondWords)
    const ending = random.pick(companyEndings)
    const { country, currency } = random.pick(countries)
    return {
      number,
      name: `${first[0]} ${second}${ending.startsWith(',') || ending === '' ? ending : ` ${ending}`}`,
      domain: `${first[1].replaceAll(' ', '')}-${second.toLowerCase()}-${number}.example`,
      country,
      currency,
      industry: random.pick(industries),
      employees: Math.ceil(3 * 10 ** (random.next() * 4)),
      createdAt: instantBetween(random, firstDay, new Date(scene.epoch.getTime() - weekMs)),
      pays: random.chance(0.8),
      owner: random.integer(1, staff),
    }
  })
}

function makePeople(scene: Scene, companies: readonly Company[]): readonly Person[] {
  const random = scene.random('people')
  const emails = new Set<string>()
  return range(scaled(usual.people, scene.scale)).map((number) => {
    const company = random.pick(companies)
    const kind = random.chance(0.75) ? 'contact' : 'lead'
    const { first, last } = pickName(random)
    const email = uniqueEmail(emails, `${first[1]}.${last[1]}`, number, company.domain)
    return {
      number,
      kind,
      company: company.number,
      firstName: first[0],
      lastName: last[0],
      // The same address in other letters: people type their own as they like.
      email: random.chance(0.03) ? capitalise(email) : email,
      phone: random.chance(0.2) ? null : phoneNumber(random, company.country),
      title: random.chance(0.15) ? null : random.pick(titles),
      createdAt: instantBetween(
        random,
        kind === 'lead' ? firstDay : company.createdAt,
        new Date(scene.epoch.getTime() - weekMs),
      ),
      optOut: {
        email: random.chance(0.08),
        sms: random.chance(0.06),
        phone: random.chance(0.05),
        news: random.chance(0.1),
      },
    }
  })
}

function makeDeals(scene: Scene, companies: readonly Company[]): readonly Deal[] {
  const random = scene.random('deals')
  return range(scaled(usual.deals, scene.scale)).map((number) => {
    const company = random.pick(companies)
    return {
      number,
      company: company.number,
      name: `${company.name} – ${random.pick(dealNames)} ${number}`,
      stage: random.pick(stages),
      amountCents: random.integer(5_000, 25_000_000),
      createdAt: instantBetween(random, company.createdAt, new Date(scene.epoch.getTime() - weekMs)),
      owner: company.owner,
    }
  })
}

function pickName(random: Random): { readonly first: Name; readonly last: Name } {
  let ticket = random.integer(1, 10_000)
  const people = peoples.find(({ weight }) => (ticket -= weight) <= 0) ?? peoples[0]
  return { first: random.pick(people?.first ?? []), last: random.pick(people?.last ?? []) }
}

function uniqueEmail(taken: Set<string>, local: string, number: number, domain: string): string {
  const wanted = `${local}@${domain}`
  const email = taken.has(wanted) ? `${local}.${number}@${domain}` : wanted
  taken.add(email)
  return email
}

export function phoneNumber(random: Random, country: string): string {
  const dial = countries.find((each) => each.country === country)?.dial ?? '1'
  const digits = String(random.integer(1_000_000, 9_999_999))
  return random.chance(0.7) ? `+${dial}40${digits}` : `+${dial} (0)40 ${digits.slice(0, 3)} ${digits.slice(3)}`
}

/** Whole seconds: some vendors keep no more. */
export function instantBetween(random: Random, from: Date, to: Date): Date {
  const seconds = Math.floor((to.getTime() - from.getTime()) / 1000)
  return new Date(from.getTime() + random.integer(0, Math.max(0, seconds)) * 1000)
}

/** At least a handful, so that a tiny world still has every kind in it. */
const scaled = (count: number, scale: number) => Math.max(8, Math.round(count * scale))

const range = (count: number) => Array.from({ length: count }, (_, index) => index + 1)

const capitalise = (email: string) => email.replaceAll(/(^|\.)([a-z])/g, (letters) => letters.toUpperCase())

const usual = { companies: 1500, people: 6200, staff: 25, deals: 1800 } as const
const weekMs = 7 * 86_400_000
const firstDay = new Date('2022-02-01T08:00:00Z')
const dealNames = ['Expansion', 'New business', 'Renewal', 'Pilot', 'Añual licence', '年間契約'] as const
const stages = [
  'Prospecting',
  'Prospecting',
  'Qualification',
  'Qualification',
  'Proposal',
  'Proposal',
  'Negotiation',
  'Negotiation',
  'Closed Won',
  'Closed Won',
  'Closed Won',
  'Closed Won',
  'Closed Lost',
  'Closed Lost',
  'Closed Lost',
] as const
