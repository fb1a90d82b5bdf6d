/** Functions that only one warehouse has, or that both have with different results. */
import type { WarehouseType } from '../project.ts'
import type { PortabilityRule } from './rule.ts'

type Functions = readonly (readonly [names: string, instead: string])[]

/** Names are tried against DuckDB's own list by the tests. */
export const duckdbFunctions: Functions = [
  ['json_extract json_extract_path json_value json_query', "{{ json_value(payload, 'a.b') }}"],
  ['json_extract_string json_extract_path_text', "{{ json_text(payload, 'a.b') }}"],
  ['json_each json_tree unnest', 'cross join {{ flatten(items) }} as item'],
  [
    'json_array_length json_keys json_type json_object json_array from_json to_json json_merge_patch json_valid',
    'the macros for JSON, or a file of its own for each warehouse',
  ],
  ['list first last arbitrary list_value', 'array_agg(x), min(x), max(x) or any_value(x)'],
  [
    'list_aggregate list_concat list_contains list_distinct list_element list_extract list_filter list_position list_slice list_sum list_transform list_unique list_has list_append list_prepend list_max list_min list_count list_apply list_reduce list_reverse list_sort list_zip list_any_value',
    'cross join {{ flatten(items) }} as item, and aggregates over its rows',
  ],
  ['struct_pack struct_extract struct_insert row map map_keys map_values map_extract', 'a column for each value'],
  ['strftime', 'a file of its own for each warehouse (Snowflake: to_varchar with a format)'],
  ['strptime try_strptime', "{{ try_cast(text, 'timestamp') }}"],
  ['epoch', "{{ datediff('second', cast('1970-01-01' as timestamp), at) }}"],
  [
    'epoch_ms epoch_us epoch_ns',
    "{{ datediff('millisecond', cast('1970-01-01' as timestamp), at) }}, and dateadd the other way",
  ],
  ['make_date make_timestamp', "{{ try_cast(text, 'date') }}, or dateadd from a fixed date"],
  ['date_diff date_sub', "{{ datediff('day', a, b) }}"],
  ['date_add to_days to_hours to_minutes to_months to_seconds to_weeks to_years', "{{ dateadd('day', 1, at) }}"],
  ['age', "{{ datediff('day', a, b) }}"],
  ['now today get_current_timestamp', '{{ current_timestamp() }} or {{ current_date() }}'],
  ['isodow', "{{ datediff('day', cast('1970-01-05' as date), at) }}, and the rest of a division by 7"],
  [
    'regexp_matches regexp_full_match',
    'like, or a file of its own for each warehouse (Snowflake: regexp_like, of the whole text)',
  ],
  [
    'regexp_extract regexp_extract_all regexp_split_to_array regexp_split_to_table',
    'split_part, or a file of its own for each warehouse',
  ],
  ['string_split str_split string_split_regex', 'split_part(text, separator, n)'],
  ['string_agg group_concat', 'a file of its own for each warehouse (Snowflake: listagg)'],
  ['starts_with prefix ends_with suffix', 'left(x, n) = … or right(x, n) = …'],
  ['strlen', 'octet_length(x)'],
  ['lcase ucase', 'lower(x) or upper(x)'],
  ['printf format', '`||`'],
  ['instr strpos', 'position(needle in text)'],
  ['arg_max arg_min', 'max_by(x, y) or min_by(x, y)'],
  ['bool_and bool_or', 'min(case when x then 1 else 0 end) = 1, and max'],
  ['quantile quantile_cont quantile_disc product', 'a file of its own for each warehouse'],
  ['countif', 'count_if(x)'],
  ['range generate_series', 'a table of numbers'],
  ['sha256', 'a file of its own for each warehouse (Snowflake: sha2)'],
  ['uuid gen_random_uuid', 'a key that comes with the data'],
  ['ord unicode', 'a file of its own for each warehouse'],
  [
    'read_csv read_csv_auto read_json read_json_auto read_ndjson read_parquet read_text glob parquet_scan',
    'a sync that loads the file',
  ],
]

export const snowflakeFunctions: Functions = [
  ['iff', 'case when … then … else … end'],
  ['nvl', 'coalesce(a, b)'],
  ['nvl2', 'case when a is not null then b else c end'],
  ['zeroifnull', 'coalesce(x, 0)'],
  ['nullifzero', 'nullif(x, 0)'],
  ['div0 div0null', 'case when b = 0 then 0 else … end'],
  ['equal_null', 'a is not distinct from b'],
  ['dateadd timestampadd timeadd add_months', "{{ dateadd('day', 1, at) }}"],
  ['timestampdiff timediff months_between', "{{ datediff('day', a, b) }}"],
  ['to_varchar to_char', 'cast(x as varchar); of dates and numbers with a format a file of its own for each warehouse'],
  ['to_number to_decimal to_numeric try_to_number try_to_decimal', "{{ try_cast(text, 'decimal(18,2)') }}, or cast"],
  ['to_date try_to_date', "{{ try_cast(text, 'date') }}, or cast"],
  [
    'to_timestamp_ntz to_timestamp_ltz to_timestamp_tz try_to_timestamp try_to_timestamp_ntz',
    "{{ try_cast(text, 'timestamp') }}, or cast",
  ],
  ['to_boolean try_to_boolean to_double try_to_double', "{{ try_cast(text, 'boolean') }}"],
  [
    'date_from_parts timestamp_from_parts timestamp_ntz_from_parts',
    "{{ try_cast(text, 'date') }}, or dateadd from a fixed date",
  ],
  ['next_day previous_day time_slice', "{{ dateadd('day', n, at) }}"],
  ['convert_timezone', 'timestamps of millrace are UTC already; else a file of its own for each warehouse'],
  [
    'parse_json try_parse_json to_variant to_object to_array object_construct object_construct_keep_null array_construct',
    'a file of its own for each warehouse',
  ],
  ['get get_path', "{{ json_value(payload, 'a.b') }}"],
  ['as_array as_object as_varchar as_integer as_double as_boolean', "{{ json_text(payload, 'a.b') }}"],
  ['array_size', 'count over {{ flatten(items) }}'],
  ['object_agg object_keys object_insert object_delete', 'a file of its own for each warehouse'],
  ['booland_agg boolor_agg', 'min(case when x then 1 else 0 end) = 1, and max'],
  ['startswith endswith', 'left(x, n) = … or right(x, n) = …'],
  ['charindex', 'position(needle in text)'],
  ['regexp_like regexp_substr regexp_count regexp_instr', 'like, or a file of its own for each warehouse'],
  ['sha2 sha2_hex hex_encode base64_encode uuid_string', 'a file of its own for each warehouse'],
  ['initcap soundex strtok jarowinkler_similarity square ratio_to_report', 'a file of its own for each warehouse'],
  ['seq1 seq2 seq4 seq8 generator', 'a table of numbers'],
]

/** Both have them. */
const differing: readonly (readonly [names: string, why: string, instead: string])[] = [
  [
    'greatest least',
    'DuckDB passes over nulls, Snowflake gives null where one of them is',
    'coalesce(a, …) for each of them',
  ],
  [
    'concat',
    'DuckDB passes over nulls, Snowflake gives null where one of them is',
    "a || b, with coalesce(a, '') where a null is to be nothing",
  ],
  ['concat_ws', 'DuckDB passes over nulls, Snowflake gives null where one of them is', "a || '-' || b"],
  [
    'regexp_replace',
    'DuckDB replaces the first match, Snowflake all of them',
    'replace(x, a, b), or a file of its own for each warehouse',
  ],
  ['datediff', 'its weeks begin on other days, and DuckDB wants the unit in quotes', "{{ datediff('day', a, b) }}"],
  [
    'try_cast',
    'DuckDB takes texts that Snowflake does not, and rounds; Snowflake takes texts only',
    "{{ try_cast(text, 'integer') }}",
  ],
  [
    'to_timestamp',
    'a number is read in other ways, and DuckDB’s has a time zone',
    "{{ try_cast(text, 'timestamp') }}, or {{ dateadd('second', n, cast('1970-01-01' as timestamp)) }}",
  ],
  [
    'monthname dayname',
    'DuckDB gives January and Monday, Snowflake Jan and Mon',
    'left(monthname(x), 3) in a file of its own for DuckDB',
  ],
  [
    'dayofweek week weekofyear yearofweek',
    'Snowflake’s depend on parameters of the account (WEEK_START, WEEK_OF_YEAR_POLICY)',
    "{{ datediff('week', cast('1970-01-05' as date), at) }}",
  ],
  ['random', 'DuckDB gives 0 to 1, Snowflake an integer', 'a hash of the key, made by the source'],
  ['hash', 'every warehouse has its own', 'md5(x)'],
  ['decode', 'DuckDB decodes bytes, Snowflake chooses among values', 'case x when … end'],
  [
    'array_position array_slice',
    'DuckDB counts from 1, Snowflake from 0',
    'cross join {{ flatten(items) }} as item, by its index',
  ],
]

const callOf = (names: string) => new RegExp(`(?<![\\w.])(?:${names.split(' ').join('|')})\\s*\\((?!\\s*\\*)`, 'gi')
const firstOf = (names: string) => names.split(' ')[0] ?? ''

const lacked = (functions: Functions, lackedBy: WarehouseType, why: string): readonly PortabilityRule[] =>
  functions.map(([names, instead]) => ({
    pattern: callOf(names),
    lackedBy,
    why,
    instead,
    example: `select ${firstOf(names)}(a) as x from t`,
  }))

export const functionRules: readonly PortabilityRule[] = [
  ...lacked(duckdbFunctions, 'snowflake', 'Snowflake has no such function, or another one of this name'),
  ...lacked(snowflakeFunctions, 'duckdb', 'DuckDB has no such function'),
  ...differing.map(([names, why, instead]) => ({
    pattern: callOf(names),
    lackedBy: null,
    why,
    instead,
    example: `select ${firstOf(names)}(a) as x from t`,
  })),
]
