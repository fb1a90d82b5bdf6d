/** Operators, types and clauses that only one warehouse has, or that both read differently. */
import type { PortabilityRule } from './rule.ts'

const ownFile = 'a file of its own for each warehouse'

const duckdbSyntax: readonly PortabilityRule[] = [
  {
    pattern: /->>?/g,
    why: 'the arrow',
    instead: "{{ json_text(payload, 'a.b') }}, or json_value for what is no text",
    example: "select a ->> 'b' as x from t",
  },
  {
    pattern: /\/\//g,
    why: 'the whole-number division',
    instead: '{{ div(a, b) }}',
    example: 'select a // b as x from t',
  },
  { pattern: /\*\*|(?<=[\w)]\s*)\^/g, why: 'the power', instead: 'power(a, b)', example: 'select a ** 2 as x from t' },
  { pattern: /(?<![=!<>:])==/g, why: '`==`', instead: '=', example: 'select a == b as x from t' },
  { pattern: /!?~~?\*?/g, why: 'the tilde', instead: `like, or ${ownFile}`, example: "select a ~ 'x' as x from t" },
  {
    pattern: /(?:::\s*|\bas\s+)json\b(?=\s*(?:\)|,|$|\s))/gi,
    why: 'the type JSON',
    instead: 'the column as it is: on Snowflake it is a VARIANT',
    example: 'select cast(a as json) as x from t',
  },
  {
    pattern: /(?:::\s*|\bas\s+)u?(?:hugeint|tinyint|smallint|bigint|integer)\b(?<=(?:hugeint|u\w+))/gi,
    why: 'the type',
    instead: 'decimal(38, 0)',
    example: 'select cast(a as hugeint) as x from t',
  },
  {
    pattern: /\bfilter\s*\(\s*where\b/gi,
    why: 'FILTER',
    instead: 'sum(case when … then x end)',
    example: 'select sum(a) filter (where b) as x from t',
  },
  {
    pattern: /\b(?:semi|anti)\s+join\b/gi,
    why: 'the join',
    instead: 'where exists (…) or where not exists (…)',
    example: 'select a from t semi join u on t.a = u.a',
  },
  {
    pattern: /\b(?:asof|positional)\s+join\b/gi,
    why: 'the join, in this form,',
    instead: 'row_number() over (…) = 1',
    example: 'select a from t asof join u on t.a >= u.a',
  },
  {
    pattern: /\bdistinct\s+on\s*\(/gi,
    why: 'DISTINCT ON',
    instead: 'qualify row_number() over (partition by … order by …) = 1',
    example: 'select distinct on (a) b from t',
  },
  {
    pattern: /\b(?:array_agg|listagg|any_value)\s*\((?:[^()]|\([^()]*\))*?\border\s+by\b/gi,
    why: 'ORDER BY inside of an aggregate',
    instead: `${ownFile} (Snowflake: array_agg(x) within group (order by y))`,
    example: 'select array_agg(a order by b) as x from t',
  },
  {
    pattern: /\bsubstring\s*\((?:[^(),]|\([^()]*\))*?\bfrom\b/gi,
    why: 'FROM inside of substring',
    instead: 'substr(x, from, length)',
    example: 'select substring(a from 1 for 2) as x from t',
  },
  {
    pattern: /\bsimilar\s+to\b/gi,
    why: 'SIMILAR TO',
    instead: `like, or ${ownFile}`,
    example: "select a similar to 'x' as y from t",
  },
  {
    pattern: /(?<![\w.])log\s*\((?:[^(),]|\([^()]*\))*\)/gi,
    why: 'a log without its base',
    instead: 'log(10, x)',
    example: 'select log(a) as x from t',
  },
  {
    pattern: /\bcolumns\s*\(/gi,
    why: 'COLUMNS(…)',
    instead: 'the columns, one by one',
    example: 'select columns(a) from t',
  },
  { pattern: /(?:^|\()\s*from\b/gi, why: 'FROM in front', instead: 'select … from', example: 'from t' },
  {
    pattern: /\b(?:from|join)\s+'/gi,
    why: 'a file as a table',
    instead: 'a sync that loads the file',
    example: "select a from 'x.csv'",
  },
  {
    pattern: /\busing\s+sample\b/gi,
    why: 'USING SAMPLE',
    instead: 'where … on the key',
    example: 'select a from t using sample 10',
  },
  {
    pattern: /\bat\s+time\s+zone\b/gi,
    why: 'AT TIME ZONE',
    instead: 'UTC, as millrace stores it',
    example: "select a at time zone 'UTC' as x from t",
  },
  {
    pattern: /\w\s*\[\s*-?\d*\s*:\s*-?\d*\s*\]/g,
    why: 'a slice',
    instead: 'substr(x, from, length)',
    example: 'select a[1:2] as x from t',
  },
  {
    pattern: /\bextract\s*\(\s*epoch\b/gi,
    why: 'EPOCH',
    instead: "{{ datediff('second', cast('1970-01-01' as timestamp), at) }}",
    example: 'select extract(epoch from a) as x from t',
  },
].map((rule) => ({ ...rule, lackedBy: 'snowflake', why: `${rule.why} is DuckDB’s own` }))

const snowflakeSyntax: readonly PortabilityRule[] = [
  {
    pattern: /(?<=[a-z_0-9\])"]):(?=[a-z_"])/gi,
    why: 'the path',
    instead: "{{ json_text(payload, 'a.b') }}, or json_value for what is no text",
    example: 'select a:b as x from t',
  },
  {
    pattern: /\b(?:lateral\s+|table\s*\(\s*)flatten\s*\(/gi,
    why: 'FLATTEN',
    instead: 'cross join {{ flatten(items) }} as item',
    example: 'select value from t, lateral flatten(input => a) as f',
  },
  {
    pattern: /(?:::\s*|\bas\s+)(?:variant|object|number|timestamp_[a-z]+|byteint)\b/gi,
    why: 'the type',
    instead: 'decimal(p, s), timestamp, or the column as it is',
    example: 'select cast(a as number(10, 2)) as x from t',
  },
  {
    pattern: /\b(?:table)?sample\s*(?:bernoulli|system|row|block)?\s*\(/gi,
    why: 'SAMPLE',
    instead: 'where … on the key',
    example: 'select a from t sample (10)',
  },
  {
    pattern: /\bconnect\s+by\b/gi,
    why: 'CONNECT BY',
    instead: 'with recursive',
    example: 'select a from t connect by a = b',
  },
  {
    pattern: /\bmatch_recognize\b/gi,
    why: 'MATCH_RECOGNIZE',
    instead: 'window functions',
    example: 'select a from t match_recognize (x)',
  },
  { pattern: /\bselect\s+top\s+\d/gi, why: 'TOP', instead: 'limit n', example: 'select top 5 a from t' },
  {
    pattern: /\bminus\s+(?:all\s+)?select\b/gi,
    why: 'MINUS',
    instead: 'except',
    example: 'select a from t minus select a from u',
  },
  {
    pattern: /\br?like\s+(?:any|all)\b|\brlike\b|\bregexp\b/gi,
    why: 'this kind of LIKE',
    instead: 'a like … or a like …',
    example: "select a like any ('x', 'y') as x from t",
  },
  {
    pattern: /\)\s*(?:ignore|respect)\s+nulls\b/gi,
    why: 'IGNORE NULLS behind the parenthesis',
    instead: 'last_value(x ignore nulls) over (…)',
    example: 'select last_value(a) ignore nulls over (order by b) as x from t',
  },
  {
    pattern: /\bwithin\s+group\b/gi,
    why: 'WITHIN GROUP of this function',
    instead: ownFile,
    example: "select listagg(a, ',') within group (order by a) as x from t",
  },
].map((rule) => ({ ...rule, lackedBy: 'duckdb', why: `${rule.why} is Snowflake’s own` }))

const silentDifferences: readonly PortabilityRule[] = [
  {
    pattern: /(?<!\/)(?<!(?:\bas\s+|::\s*)double\s*\)?\s*)\/(?!\/)/gi,
    why: 'DuckDB divides as doubles, Snowflake to six digits behind the point, and by zero DuckDB gives infinity and Snowflake an error',
    instead: 'cast(a as double) / nullif(b, 0), or {{ div(a, b) }} for whole numbers',
    example: 'select a / b as x from t',
  },
  {
    pattern: /\bdesc\b(?!\s+nulls\b)/gi,
    why: 'nulls are last on DuckDB and first on Snowflake',
    instead: 'desc nulls last',
    example: 'select row_number() over (order by a desc) as x from t',
  },
  {
    pattern: /\binterval\b/gi,
    why: 'a date and an interval are a timestamp on DuckDB and a date on Snowflake, and few ways to write one are the same',
    instead: "{{ dateadd('day', 1, at) }}",
    example: "select a + interval '1 day' as x from t",
  },
  {
    pattern: /(?<!\bcast\s*\(\s*)\bdate_trunc\s*\(/gi,
    why: 'of a date it is a timestamp on DuckDB and a date on Snowflake, whose weeks begin where WEEK_START says',
    instead: "cast(date_trunc('month', x) as date), or as timestamp",
    example: "select date_trunc('month', a) as x from t",
  },
  {
    pattern: /\b(?:current_timestamp|localtimestamp|current_date|current_time)\b/gi,
    why: 'it is in the time zone of the session, and DuckDB’s timestamp has one of its own',
    instead: '{{ current_timestamp() }} or {{ current_date() }}',
    example: 'select current_timestamp as x',
  },
  {
    pattern: /\bextract\s*\(\s*(?:dow|dayofweek|week|weekofyear|yearweek)\b/gi,
    why: 'Snowflake’s depends on parameters of the account (WEEK_START, WEEK_OF_YEAR_POLICY)',
    instead: "{{ datediff('week', cast('1970-01-05' as date), at) }}",
    example: 'select extract(week from a) as x from t',
  },
  {
    pattern: /(?:::\s*|\bas\s+)(?:timestamptz|timestamp\s+with(?:\s+local)?\s+time\s+zone)\b/gi,
    why: 'time zones of the session come in',
    instead: 'timestamp: millrace’s are UTC',
    example: 'select cast(a as timestamptz) as x from t',
  },
  {
    pattern: /(?:::\s*|\bas\s+)(?:decimal|numeric)\b(?!\s*\()/gi,
    why: 'it is decimal(18, 3) on DuckDB and decimal(38, 0) on Snowflake',
    instead: 'decimal(p, s)',
    example: 'select cast(a as decimal) as x from t',
  },
  {
    pattern: /(?:::\s*|\bas\s+)(?:float|real)\b/gi,
    why: 'it has 32 bits on DuckDB and 64 on Snowflake',
    instead: 'double',
    example: 'select cast(a as float) as x from t',
  },
  {
    pattern: /(?<=[\w)])\[\s*-?\d+\s*\]/g,
    why: 'DuckDB counts the items of a list from 1, Snowflake from 0',
    instead: "{{ json_value(items, '[0]') }}",
    example: 'select a[1] as x from t',
  },
  {
    pattern: /\bsubstr(?:ing)?\s*\([^()]*,\s*0\s*[,)]/gi,
    why: 'position 0 is before the first character on DuckDB, and the first on Snowflake',
    instead: 'substr(x, 1, n)',
    example: 'select substr(a, 0, 2) as x from t',
  },
  {
    pattern: /\{\{\s*flatten\b[^{}]*\}\}(?:\s+as)?\s+\w+\s+(?:(?:inner|left|right|full)\s+(?:outer\s+)?)?join\b/gi,
    why: 'Snowflake joins nothing to the rows of a flatten in the same FROM',
    instead: 'a with-query for the flatten, and join that',
    example: 'select a from t cross join {{ flatten(b) }} as f left join u on u.a = t.a',
  },
  {
    pattern: /(?<!\bcross\s+)\bjoin\s+\{\{\s*flatten\b/gi,
    why: 'Snowflake takes no ON after a flatten, and DuckDB no join without one',
    instead: 'cross join {{ flatten(items) }} as item',
    example: 'select a from t left join {{ flatten(b) }} as f on true',
  },
].map((rule) => ({ ...rule, lackedBy: null }))

export const syntaxRules: readonly PortabilityRule[] = [...duckdbSyntax, ...snowflakeSyntax, ...silentDifferences]
