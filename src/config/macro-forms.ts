/** The macros of models as they are written: how many arguments, and which of them are words of ours rather than SQL. */
import { didYouMean } from '../model/did-you-mean.ts'
import type { LogicalType } from '../model/logical-type.ts'
import { timeUnits, type JsonPath, type ModelMacros, type TimeUnit } from '../model/model-macros.ts'
import type { Argument, Call } from './brace-calls.ts'
import { parseJsonPath } from './json-path.ts'

/** Gives the macro's SQL; `sql(n)` is the n-th argument's, with the calls in it replaced. */
export type WriteMacro = (macros: ModelMacros, sql: (index: number) => string) => string

export type Refuse = (at: { readonly start: number; readonly end: number }, message: string, next: string) => void

/** Whatever is wrong with it is refused; undefined then. */
export function readMacro(call: Call, refuse: Refuse): WriteMacro | undefined {
  const form = macroForms.get(call.name)
  if (!form) return undefined
  const { args } = call
  const [least, most] = form.counts
  if (args.length < least || args.length > most) {
    const wanted = most === 0 ? 'no' : least === most ? String(least) : `${least} or ${most}`
    refuse(
      call,
      `${call.name} takes ${wanted} ${most === 1 ? 'argument' : 'arguments'}, not ${args.length}`,
      write(form),
    )
    return undefined
  }
  const empty = args.find(({ tokens }) => tokens.length === 0)
  if (empty) return void refuse(call, `an argument of ${call.name} is empty`, write(form))
  return form.read({ args, refuse, form })
}

/** A sentence with the way it is written. */
const write = ({ example }: Pick<MacroForm, 'example'>) => `Write {{ ${example} }}.`

type MacroForm = {
  readonly example: string
  /** The least and the most. */
  readonly counts: readonly [number, number]
  readonly read: (given: Given) => WriteMacro | undefined
}

type Given = { readonly args: readonly Argument[]; readonly refuse: Refuse; readonly form: Pick<MacroForm, 'example'> }

/** A macro whose words are read first: nothing is written where they are refused. */
const worded =
  <Word>(
    read: (given: Given) => Word | undefined,
    writeWith: (word: Word, macros: ModelMacros, sql: (index: number) => string) => string,
  ): MacroForm['read'] =>
  (given) => {
    const word = read(given)
    return word === undefined ? undefined : (macros, sql) => writeWith(word, macros, sql)
  }

const macroForms: ReadonlyMap<string, MacroForm> = new Map(
  Object.entries<MacroForm>({
    dateadd: {
      example: "dateadd('day', -7, created_at)",
      counts: [3, 3],
      read: worded(readUnit, (unit, macros, sql) => macros.dateadd(unit, sql(1), sql(2))),
    },
    datediff: {
      example: "datediff('day', opened_at, closed_at)",
      counts: [3, 3],
      read: worded(readUnit, (unit, macros, sql) => macros.datediff(unit, sql(1), sql(2))),
    },
    json_text: {
      example: "json_text(payload, 'address.city')",
      counts: [1, 2],
      read: worded(readPath, (path, macros, sql) => macros.jsonText(sql(0), path)),
    },
    json_value: {
      example: "json_value(payload, 'address')",
      counts: [2, 2],
      read: worded(readPath, (path, macros, sql) => macros.jsonValue(sql(0), path)),
    },
    flatten: { example: 'flatten(items)', counts: [1, 1], read: () => (macros, sql) => macros.flatten(sql(0)) },
    try_cast: {
      example: "try_cast(amount, 'decimal(18,2)')",
      counts: [2, 2],
      read: worded(readType, (type, macros, sql) => macros.tryCast(sql(0), type)),
    },
    div: { example: 'div(cents, 100)', counts: [2, 2], read: () => (macros, sql) => macros.div(sql(0), sql(1)) },
    current_timestamp: {
      example: 'current_timestamp()',
      counts: [0, 0],
      read: () => (macros) => macros.currentTimestamp(),
    },
    current_date: { example: 'current_date()', counts: [0, 0], read: () => (macros) => macros.currentDate() },
  }),
)

export const macroNames: readonly string[] = [...macroForms.keys()]

function readUnit({ args, refuse, form }: Given): TimeUnit | undefined {
  const [first] = args
  const written = first && literalOf(first)
  const unit = timeUnits.find((each) => each === written)
  if (unit !== undefined || !first) return unit
  if (written === undefined) refuse(first, 'the unit is a word in quotes', `${write(form)} ${units}`)
  else refuse(first, `\`${written}\` is no unit of time`, `${near(written, timeUnits)}${units}`)
  return undefined
}

/** The whole value where no path is given. */
function readPath({ args, refuse, form }: Given): JsonPath | undefined {
  const second = args[1]
  if (!second) return []
  const written = literalOf(second)
  const path = written === undefined ? undefined : parseJsonPath(written)
  if (path !== undefined && path.length > 0) return path
  if (written === undefined) refuse(second, 'the path is a text in quotes', `${write(form)} ${paths}`)
  else if (/^\$[.[]?/.test(written)) refuse(second, `\`${written}\` begins with \`$\``, `Leave the \`$\` out. ${paths}`)
  else refuse(second, `\`${written}\` is no path`, paths)
  return undefined
}

function readType({ args, refuse, form }: Given): LogicalType | undefined {
  const second = args[1]
  if (!second) return undefined
  const written = literalOf(second)
  if (written === undefined) return void refuse(second, 'the type is a word in quotes', `${write(form)} ${types}`)
  const type = plainTypes.find((each) => each === written)
  if (type !== undefined) return type
  const decimal = /^decimal\((\d{1,2}) *, *(\d{1,2})\)$/.exec(written)
  const [precision, scale] = [Number(decimal?.[1]), Number(decimal?.[2])]
  if (decimal && precision >= 1 && precision <= 38 && scale <= precision) return `decimal(${precision},${scale})`
  if (decimal)
    return void refuse(second, `\`${written}\`: a decimal has 1 to 38 digits, and no more behind its point`, types)
  const other = otherNames.find(([pattern]) => pattern.test(written))?.[1]
  const hint = other === undefined ? near(written, plainTypes) : `Did you mean \`${other}\`? `
  return void refuse(second, `\`${written}\` is no type of millrace`, `${hint}${types}`)
}

/** What stands in quotes; undefined: something else. */
function literalOf({ tokens }: Argument): string | undefined {
  const [only] = tokens
  const isQuoted = tokens.length === 1 && (only?.kind === 'string' || only?.kind === 'identifier')
  const quote = only?.text[0]
  if (!isQuoted || !only || (quote !== "'" && quote !== '"')) return undefined
  return only.text.slice(1, -1).replaceAll(quote + quote, quote)
}

function near(word: string, known: readonly string[]): string {
  const name = didYouMean(word, known)
  return name === undefined ? '' : `Did you mean \`${name}\`? `
}

const plainTypes = ['string', 'integer', 'double', 'boolean', 'date', 'timestamp'] as const

const otherNames: readonly (readonly [RegExp, string])[] = [
  [/^(big|small|tiny|huge)?int$/i, 'integer'],
  [/^(var)?char|^text$/i, 'string'],
  [/^(number|numeric|decimal)/i, 'decimal(18,2)'],
  [/^(float|real)/i, 'double'],
  [/^bool$/i, 'boolean'],
  [/^(timestamp|datetime)/i, 'timestamp'],
]

const units = `Units: ${timeUnits.join(', ')}.`
const paths = 'A path is names with dots, and positions from 0 on: `address.city`, `items[0].name`, `"odd.name".x`.'
const types = `Types: ${[...plainTypes.slice(0, 2), 'decimal(p,s)', ...plainTypes.slice(2)].join(', ')}.`
