/** https://docs.snowflake.com/en/sql-reference/functions-string */
import { concatenate } from '../translate-arithmetic.ts'
import { arrayType, binaryType, booleanType, numberType, varcharType } from '../data-type.ts'
import { likeSql } from '../translate-predicate.ts'
import { ofTexts, type Rules, scalar } from './function-rule.ts'
import { typed, type Typed } from '../typed.ts'
import { unsupported } from '../snowflake-error.ts'
import type { CallSite } from '../call-site.ts'

const text = varcharType()
const count = numberType(18, 0)

export const textFunctions: Rules = [
  ofTexts('UPPER', 1, 1, text, (x) => `upper(${x})`),
  ofTexts('LOWER', 1, 1, text, (x) => `lower(${x})`),
  ofTexts('INITCAP', 1, 1, text, (x) => `sf_initcap(${x})`),
  ofTexts('TRIM', 1, 2, text, (x, characters) => `trim(${x}, ${characters ?? `' '`})`),
  ofTexts('LTRIM', 1, 2, text, (x, characters) => `ltrim(${x}, ${characters ?? `' '`})`),
  ofTexts('RTRIM', 1, 2, text, (x, characters) => `rtrim(${x}, ${characters ?? `' '`})`),
  ofTexts('REVERSE', 1, 1, text, (x) => `reverse(${x})`),
  ofTexts('REPLACE', 2, 3, text, (x, from, to) => `replace(${x}, ${from}, ${to ?? `''`})`),
  ofTexts('TRANSLATE', 3, 3, text, (x, from, to) => `translate(${x}, ${from}, ${to})`),
  ofTexts('STARTSWITH', 2, 2, booleanType, (x, part) => `starts_with(${x}, ${part})`),
  ofTexts('ENDSWITH', 2, 2, booleanType, (x, part) => `ends_with(${x}, ${part})`),
  ofTexts('CONTAINS', 2, 2, booleanType, (x, part) => `contains(${x}, ${part})`),
  ofTexts('LIKE', 2, 3, booleanType, (x, pattern, escape) => likeSql(x ?? '', 'LIKE', pattern ?? '', escape ?? null)),
  ofTexts('ILIKE', 2, 3, booleanType, (x, pattern, escape) => likeSql(x ?? '', 'ILIKE', pattern ?? '', escape ?? null)),
  ofTexts('ASCII', 1, 1, numberType(5, 0), (x) => `ascii(${x})`),
  ofTexts('EDITDISTANCE', 2, 2, count, (a, b) => `levenshtein(${a}, ${b})`),
  ofTexts('MD5 MD5_HEX', 1, 1, varcharType(32), (x) => `md5(${x})`),
  ofTexts('SHA1 SHA1_HEX', 1, 1, varcharType(40), (x) => `sha1(${x})`),
  ofTexts('BASE64_DECODE_BINARY', 1, 1, binaryType(), (x) => `sf_from_base64(${x})`),
  ofTexts('BASE64_DECODE_STRING', 1, 1, text, (x) => `decode(sf_from_base64(${x}))`),
  ofTexts('HEX_DECODE_BINARY', 1, 1, binaryType(), (x) => `sf_from_hex(${x})`),
  ofTexts('HEX_DECODE_STRING', 1, 1, text, (x) => `decode(sf_from_hex(${x}))`),
  ofTexts('SPLIT', 2, 2, arrayType, (x, by) => `CAST(to_json(string_split(${x}, ${by})) AS JSON)`),
  scalar('SHA2 SHA2_HEX', 1, 2, (call) => {
    const size = call.count === 2 ? call.constant(1) : '256'
    if (size !== '256' && size !== '0') throw unsupported(`SHA2 with ${size} bits`)
    return typed(`sha256(${bytes(call)})`, varcharType(128))
  }),
  scalar('BASE64_ENCODE', 1, 1, (call) => typed(`to_base64(${bytes(call)})`, text)),
  scalar('HEX_ENCODE', 1, 2, (call) => {
    const isLower = call.count === 2 && call.places(1) === 0
    return typed(isLower ? `lower(hex(${bytes(call)}))` : `hex(${bytes(call)})`, text)
  }),
  scalar('LENGTH LEN', 1, 1, (call) =>
    call.value(0).type.kind === 'BINARY'
      ? typed(`octet_length(${call.value(0).sql})`, count)
      : typed(`length(${call.text(0)})`, count),
  ),
  scalar('OCTET_LENGTH', 1, 1, (call) => typed(`octet_length(${bytes(call)})`, count)),
  scalar('SUBSTR SUBSTRING', 2, 3, (call) =>
    typed(
      call.count === 2
        ? `substr(${call.text(0)}, ${call.integer(1)})`
        : `sf_substr(${call.text(0)}, ${call.integer(1)}, ${call.integer(2)})`,
      text,
    ),
  ),
  scalar('LEFT', 2, 2, (call) => typed(`left(${call.text(0)}, greatest(${call.integer(1)}, 0))`, text)),
  scalar('RIGHT', 2, 2, (call) => typed(`right(${call.text(0)}, greatest(${call.integer(1)}, 0))`, text)),
  scalar('LPAD', 2, 3, (call) => pad(call, 'lpad')),
  scalar('RPAD', 2, 3, (call) => pad(call, 'rpad')),
  scalar('REPEAT', 2, 2, (call) => typed(`repeat(${call.text(0)}, ${call.integer(1)})`, text)),
  scalar('SPACE', 1, 1, (call) => typed(`repeat(' ', ${call.integer(0)})`, text)),
  scalar('CHR CHAR', 1, 1, (call) => typed(`chr(CAST(${call.integer(0)} AS INTEGER))`, varcharType(1))),
  scalar('SPLIT_PART', 3, 3, (call) =>
    typed(`sf_split_part(${call.text(0)}, ${call.text(1)}, ${call.integer(2)})`, text),
  ),
  scalar('CHARINDEX', 2, 3, (call) => found(call, 0, 1)),
  scalar('POSITION', 2, 3, (call) => found(call, 0, 1)),
  scalar('CONCAT', 1, 10_000, (call) =>
    call.values.slice(1).reduce((all, value) => concatenate(call.t, all, value, call.place), asText(call)),
  ),
  // Unlike CONCAT_WS elsewhere, a NULL makes the whole NULL.
  scalar('CONCAT_WS', 2, 10_000, (call) => {
    const parts = call.values.slice(1).map((_, index) => call.text(index + 1))
    return typed(`(${parts.join(` || ${call.text(0)} || `)})`, text)
  }),
  scalar('REGEXP_LIKE RLIKE', 2, 3, (call) =>
    typed(`regexp_full_match(${call.text(0)}, ${call.text(1)}, ${flags(call, 2)})`, booleanType),
  ),
  scalar('REGEXP_REPLACE', 2, 6, (call) => {
    if (call.count > 3) throw unsupported('REGEXP_REPLACE with a position')
    // \\1 in Snowflake's replacement is \1 once its string is read, which is DuckDB's too.
    return typed(`regexp_replace(${call.text(0)}, ${call.text(1)}, ${call.count > 2 ? call.text(2) : `''`}, 'g')`, text)
  }),
  scalar('REGEXP_SUBSTR', 2, 6, regexpSubstr),
  scalar('REGEXP_COUNT', 2, 2, (call) => typed(`len(regexp_extract_all(${call.text(0)}, ${call.text(1)}))`, count)),
  // Another number than Snowflake's: nothing but equality may rest on it there either.
  scalar('HASH', 1, 10_000, (call) =>
    typed(`CAST(hash(${call.values.map(({ sql }) => sql).join(', ')}) >> 1 AS BIGINT)`, numberType(19, 0)),
  ),
  scalar('UUID_STRING', 0, 0, () => typed('CAST(uuid() AS VARCHAR)', varcharType(36))),
]

const asText = (call: CallSite): Typed =>
  call.value(0).type.kind === 'BINARY' ? call.value(0) : typed(call.text(0), varcharType())

const bytes = (call: CallSite) => (call.value(0).type.kind === 'BINARY' ? call.value(0).sql : `encode(${call.text(0)})`)

function pad(call: CallSite, word: string): Typed {
  return typed(
    `${word}(${call.text(0)}, CAST(${call.integer(1)} AS INTEGER), ${call.count === 3 ? call.text(2) : `' '`})`,
    text,
  )
}

function found(call: CallSite, part: number, whole: number): Typed {
  if (call.count === 2) return typed(`strpos(${call.text(whole)}, ${call.text(part)})`, count)
  const start = call.integer(2)
  const at = `strpos(substr(${call.text(whole)}, ${start}), ${call.text(part)})`
  return typed(`CASE WHEN ${at} = 0 THEN 0 ELSE ${at} + ${start} - 1 END`, count)
}

/** Snowflake's i, m, s, c; the dot matches a line's end only with s. */
function flags(call: CallSite, index: number): string {
  if (call.count <= index) return `'c'`
  const given = call.constant(index)
  if (!/^[cis]*$/.test(given)) throw unsupported(`the regular expression parameters '${given}'`)
  return `'${given}'`
}

function regexpSubstr(call: CallSite): Typed {
  if (call.count > 3 && call.constant(3) !== '1') throw unsupported('REGEXP_SUBSTR of an occurrence after the first')
  if (call.count > 2 && call.constant(2) !== '1') throw unsupported('REGEXP_SUBSTR from a position after the first')
  const extracts = call.count > 4 && call.constant(4).includes('e')
  const group = extracts ? (call.count > 5 ? Number(call.constant(5)) : 1) : 0
  return typed(
    `CASE WHEN regexp_matches(${call.text(0)}, ${call.text(1)}) THEN regexp_extract(${call.text(0)}, ${call.text(1)}, ${group}) END`,
    text,
  )
}
