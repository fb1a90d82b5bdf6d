/** Records of ten columns as a connector's SDK gives them: the same ones on both sides. */
export type TenColumns = {
  readonly id: number
  readonly name: string
  readonly email: string
  readonly country: string
  readonly amount: string
  readonly score: number
  readonly active: boolean
  readonly born: string
  readonly created_at: string
  readonly visits: number
}

export function* tenColumnPages(rows: number): Generator<readonly TenColumns[]> {
  for (let from = 0; from < rows; from += pageRows)
    yield Array.from({ length: Math.min(pageRows, rows - from) }, (_, index) => recordOf(from + index))
}

const recordOf = (id: number): TenColumns => ({
  id,
  name: `Person number ${id}`,
  email: `person.${id}@example.com`,
  country: ['DE', 'FR', 'JP', 'US'][id % 4] ?? '',
  amount: `${id % 10_000}.${String(id % 100).padStart(2, '0')}`,
  score: (id % 1000) / 8,
  active: id % 3 === 0,
  born: `19${String(50 + (id % 50)).padStart(2, '0')}-0${1 + (id % 9)}-1${id % 10}`,
  created_at: `2026-0${1 + (id % 9)}-1${id % 10}T08:${String(id % 60).padStart(2, '0')}:00.123Z`,
  visits: id % 77,
})

const pageRows = 2000
