/**
 * What translated SQL relies on: macros and views in DuckDB's own schema, which no Snowflake statement can name. Run once per
 * file, with the file's catalogue in use.
 */
import { catalogueSql, macro } from './setup-catalogue.ts'

/** A text in Snowflake's spelling of numbers, or NULL: DuckDB takes 1_000 and 0x1F too. */
const numbers = [
  macro('sf_error(code, state, message)', `error('SNOWFLAKE:' || code || ':' || state || ':' || message)`),
  macro(
    'sf_numeric(x)',
    `CASE WHEN regexp_full_match(x, '\\s*[+-]?(\\d+\\.?\\d*|\\.\\d+)([eE][+-]?\\d+)?\\s*') THEN trim(x) END`,
  ),
  macro(
    'sf_bad_number(x)',
    `CASE WHEN sf_numeric(x) IS NULL THEN sf_error('100038', '22018', 'Numeric value ''' || x || ''' is not recognized')
      ELSE sf_error('100039', '22003', 'Numeric value ''' || x || ''' is out of range') END`,
  ),
  macro(
    'sf_try_float(x)',
    `CASE WHEN sf_numeric(x) IS NOT NULL OR lower(trim(x)) IN ('nan', 'inf', '-inf', 'infinity', '-infinity')
      THEN TRY_CAST(trim(x) AS DOUBLE) END`,
  ),
  macro(
    'sf_float_text(x)',
    `CASE WHEN isnan(x) THEN 'NaN' WHEN isinf(x) THEN CASE WHEN x > 0 THEN 'inf' ELSE '-inf' END
      ELSE regexp_replace(CAST(x AS VARCHAR), '\\.0$', '') END`,
  ),
  macro('sf_trim_zeros(x)', `regexp_replace(x, '\\.?0+$', '')`),
  macro(
    'sf_float_json(x)',
    `CASE WHEN isfinite(x) THEN CAST(sf_float_text(x) AS JSON) ELSE to_json(sf_float_text(x)) END`,
  ),
  macro('sf_unscaled(x)', `CAST(replace(CAST(x AS VARCHAR), '.', '') AS HUGEINT)`),
  macro('sf_zero()', `sf_error('100051', '22012', 'Division by zero')`),
  macro('sf_whole(a, b)', `CASE WHEN b = 0 THEN sf_zero() ELSE (a - a % b) // b END`),
  macro(
    'sf_fraction(a, b, power)',
    `CASE WHEN b = 0 THEN 0 ELSE
      sign(a) * sign(b) * ((abs(a % b) * power * 2 + abs(b)) // (2 * abs(b))) END`,
  ),
  macro('sf_divide_float(a, b)', `CASE WHEN b = 0 THEN sf_zero() ELSE a / b END`),
  macro('sf_modulo(a, b)', `CASE WHEN b = 0 THEN sf_zero() ELSE a % b END`),
  macro('sf_square(x)', `x * x`),
  macro(
    'sf_fit(x, size)',
    `CASE WHEN length(x) > size
      THEN sf_error('100078', '22000', 'String ''' || x || ''' is too long and would be truncated') ELSE x END`,
  ),
]

const booleans = [
  macro(
    'sf_try_boolean(x)',
    `CASE WHEN lower(trim(x)) IN ('true', 't', 'yes', 'y', 'on', '1') THEN TRUE
      WHEN lower(trim(x)) IN ('false', 'f', 'no', 'n', 'off', '0') THEN FALSE END`,
  ),
  macro(
    'sf_boolean(x)',
    `CASE WHEN x IS NULL THEN NULL ELSE coalesce(sf_try_boolean(x),
      sf_error('100037', '22018', 'Boolean value ''' || x || ''' is not recognized')) END`,
  ),
]

/** AUTO: ISO, and seconds, milliseconds, microseconds or nanoseconds since 1970 by their size. */
const times = [
  macro(
    'sf_epoch_size(n)',
    `CASE WHEN abs(n) < 31536000000 THEN n * 1000000 WHEN abs(n) < 31536000000000 THEN n * 1000
      WHEN abs(n) < 31536000000000000 THEN n ELSE n // 1000 END`,
  ),
  macro('sf_epoch(x, scale)', `make_timestamp(CAST(CAST(x AS DECIMAL(38,6)) * 1000000 AS BIGINT))`),
  macro(
    'sf_try_timestamp(x)',
    `CASE WHEN regexp_full_match(x, '\\s*\\d{4}-\\d{1,2}-\\d{1,2}([ T]\\d{1,2}:\\d{2}(:\\d{2}(\\.\\d{1,9})?)?)?\\s*(Z|[+-]\\d{2}:?\\d{2})?\\s*')
        THEN TRY_CAST(regexp_replace(trim(x), '(:\\d{2}(\\.\\d+)?)\\s*(Z|[+-]\\d{2}:?\\d{2})$', '\\1') AS TIMESTAMP)
      WHEN regexp_full_match(x, '-?\\d{1,19}') THEN make_timestamp(CAST(sf_epoch_size(CAST(x AS HUGEINT)) AS BIGINT))
      WHEN regexp_full_match(x, '\\d{1,2}-[A-Za-z]{3}-\\d{4}') THEN try_strptime(x, '%d-%b-%Y')
      WHEN regexp_full_match(x, '\\d{1,2}/\\d{1,2}/\\d{4}') THEN try_strptime(x, '%m/%d/%Y') END`,
  ),
  macro(
    'sf_timestamp(x)',
    `CASE WHEN x IS NULL THEN NULL ELSE coalesce(sf_try_timestamp(x),
      sf_error('100035', '22007', 'Timestamp ''' || x || ''' is not recognized')) END`,
  ),
  macro(
    'sf_try_timestamp_tz(x)',
    `CASE WHEN regexp_matches(x, '(Z|[+-]\\d{2}:?\\d{2})\\s*$') AND regexp_matches(x, '\\d:\\d')
      THEN TRY_CAST(regexp_replace(trim(x), '\\s*([+-]\\d{2}):?(\\d{2})$', '\\1:\\2') AS TIMESTAMPTZ)
      ELSE CAST(sf_try_timestamp(x) AS TIMESTAMPTZ) END`,
  ),
  macro(
    'sf_timestamp_tz(x)',
    `CASE WHEN x IS NULL THEN NULL ELSE coalesce(sf_try_timestamp_tz(x),
      sf_error('100035', '22007', 'Timestamp ''' || x || ''' is not recognized')) END`,
  ),
  macro('sf_try_date(x)', `CAST(sf_try_timestamp(x) AS DATE)`),
  macro(
    'sf_date(x)',
    `CASE WHEN x IS NULL THEN NULL ELSE coalesce(sf_try_date(x),
      sf_error('100040', '22007', 'Date ''' || x || ''' is not recognized')) END`,
  ),
  macro(
    'sf_time(x)',
    `CASE WHEN x IS NULL THEN NULL ELSE coalesce(TRY_CAST(x AS TIME),
      sf_error('100108', '22007', 'Time ''' || x || ''' is not recognized')) END`,
  ),
  macro(
    'sf_read_format(x, format, shown, what)',
    `CASE WHEN x IS NULL THEN NULL ELSE coalesce(try_strptime(x, format),
      sf_error('100096', '22007', 'Can''t parse ''' || x || ''' as ' || what || ' with format ''' || shown || '''')) END`,
  ),
]

const binaries = [
  macro(
    'sf_from_base64(x)',
    `CASE WHEN x IS NULL THEN NULL WHEN regexp_full_match(x, '([A-Za-z0-9+/]{4})*([A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?') THEN from_base64(x)
      ELSE sf_error('100115', '22000', 'The following string is not a legal base64-encoded value: ''' || x || '''') END`,
  ),
  macro(
    'sf_from_hex(x)',
    `CASE WHEN x IS NULL THEN NULL WHEN regexp_full_match(x, '([0-9A-Fa-f]{2})*') THEN unhex(x)
      ELSE sf_error('100115', '22000', 'The following string is not a legal hex-encoded value: ''' || x || '''') END`,
  ),
]

const semi = [
  macro(
    'sf_variant_text(x)',
    `CASE json_type(x) WHEN 'VARCHAR' THEN json_extract_string(x, '$') WHEN 'NULL' THEN NULL ELSE CAST(x AS VARCHAR) END`,
  ),
  macro(
    'sf_bad_variant(x, type)',
    `sf_error('100071', '22000', 'Failed to cast variant value ' || CAST(x AS VARCHAR) || ' to ' || type)`,
  ),
  macro(
    'sf_to_array(x)',
    `CASE json_type(x) WHEN 'ARRAY' THEN x WHEN 'NULL' THEN NULL ELSE CAST('[' || x || ']' AS JSON) END`,
  ),
  macro(
    'sf_to_object(x)',
    `CASE json_type(x) WHEN 'OBJECT' THEN x WHEN 'NULL' THEN NULL ELSE sf_bad_variant(x, 'OBJECT') END`,
  ),
  // A VARIANT of DuckDB's holds a name once, with its last value: then there are fewer members.
  macro('sf_last_values(x)', `CAST(CAST(TRY_CAST(x AS JSON) AS VARIANT) AS JSON)`),
  macro(
    'sf_repeats(x)',
    `coalesce(len(json_extract(TRY_CAST(x AS JSON), '$..*')) > len(json_extract(sf_last_values(x), '$..*')), FALSE)`,
  ),
  // Blanks outside of texts go, as they do in a VARIANT; the digits of numbers stay as they are.
  macro(
    'sf_compact(x)',
    `CASE WHEN regexp_matches(x, '\\s') THEN regexp_replace(x, '("(?:[^"\\\\]|\\\\.)*")|\\s+', '\\1', 'g') ELSE x END`,
  ),
  macro(
    'sf_try_parse_json(x)',
    `CASE WHEN trim(x) = '' OR NOT json_valid(x) OR sf_repeats(x) THEN NULL ELSE CAST(sf_compact(x) AS JSON) END`,
  ),
  macro('sf_try_parse_json_d(x)', `CASE WHEN sf_repeats(x) THEN sf_last_values(x) ELSE sf_try_parse_json(x) END`),
  macro(
    'sf_bad_json(x)',
    `sf_error('100069', '22P02', 'Error parsing JSON: ' || CASE WHEN sf_repeats(x) THEN 'duplicate object attribute in ' ELSE '' END || substr(x, 1, 200))`,
  ),
  macro(
    'sf_parse_json(x)',
    `CASE WHEN x IS NULL OR trim(x) = '' THEN NULL ELSE coalesce(sf_try_parse_json(x), sf_bad_json(x)) END`,
  ),
  macro(
    'sf_parse_json_d(x)',
    `CASE WHEN x IS NULL OR trim(x) = '' THEN NULL ELSE coalesce(sf_try_parse_json_d(x), sf_bad_json(x)) END`,
  ),
  macro(
    'sf_key(x, name)',
    `CASE WHEN json_type(x) = 'OBJECT' THEN json_extract(x, '/' || replace(replace(name, '~', '~0'), '/', '~1')) END`,
  ),
  macro(
    'sf_at(x, place)',
    `CASE WHEN json_type(x) = 'ARRAY' AND place >= 0 THEN json_extract(x, '/' || CAST(CAST(place AS BIGINT) AS VARCHAR)) END`,
  ),
  macro('sf_object(entries)', `CAST('{' || array_to_string(entries, ',') || '}' AS JSON)`),
  macro('sf_array(items)', `CAST('[' || array_to_string(items, ',') || ']' AS JSON)`),
  macro('sf_items(x)', `CAST(json_extract(x, '$[*]') AS JSON[])`),
  macro('sf_text_list(x)', `list_transform(x, lambda item: CAST(item AS VARCHAR))`),
  macro(
    'sf_flatten_none(x)',
    `[{'key': CAST(NULL AS VARCHAR), 'path': CAST('' AS VARCHAR), 'index': CAST(NULL AS BIGINT), 'value': CAST(NULL AS JSON), 'this': CAST(x AS JSON)}]`,
  ),
  macro(
    'sf_flatten(x, is_outer)',
    `CASE json_type(x)
      WHEN 'ARRAY' THEN CASE WHEN json_array_length(x) = 0 AND is_outer THEN sf_flatten_none(x)
        ELSE list_transform(json_extract(x, '$[*]'), lambda v, i: {'key': CAST(NULL AS VARCHAR), 'path': '[' || (i - 1) || ']', 'index': i - 1, 'value': CAST(v AS JSON), 'this': CAST(x AS JSON)}) END
      WHEN 'OBJECT' THEN CASE WHEN len(json_keys(x)) = 0 AND is_outer THEN sf_flatten_none(x)
        ELSE list_transform(json_keys(x), lambda k: {'key': CAST(k AS VARCHAR), 'path': CAST(k AS VARCHAR), 'index': CAST(NULL AS BIGINT), 'value': CAST(sf_key(x, k) AS JSON), 'this': CAST(x AS JSON)}) END
      ELSE CASE WHEN is_outer THEN sf_flatten_none(x) END END`,
  ),
]

const texts = [
  macro(
    'sf_substr(x, start, size)',
    `CASE WHEN size < 0 THEN '' WHEN start = 0 THEN substr(x, 1, size) ELSE substr(x, start, size) END`,
  ),
  macro(
    'sf_split_part(x, cut, place)',
    `CASE WHEN cut = '' THEN x ELSE split_part(x, cut, CASE WHEN place = 0 THEN 1 ELSE place END) END`,
  ),
  macro(
    'sf_initcap(x)',
    `array_to_string(list_transform(regexp_extract_all(x, '[\\p{L}\\p{N}]+|[^\\p{L}\\p{N}]+'), lambda w: upper(w[1]) || lower(w[2:])), '')`,
  ),
]

/** What is used comes before what uses it. */
export const setupSql: readonly string[] = [
  ...numbers,
  ...booleans,
  ...times,
  ...binaries,
  ...semi,
  ...texts,
  ...catalogueSql,
]
