/** Pieces of SOQL. https://developer.salesforce.com/docs/atlas.en-us.soql_sosl.meta/soql_sosl/sforce_api_calls_soql_select.htm */

/** https://developer.salesforce.com/docs/atlas.en-us.soql_sosl.meta/soql_sosl/sforce_api_calls_soql_select_quotedstringescapes.htm */
export const quote = (text: string): string =>
  `'${text
    .replaceAll(/[\\']/g, (sign) => `\\${sign}`)
    .replaceAll('\n', '\\n')
    .replaceAll('\r', '\\r')
    .replaceAll('\t', '\\t')}'`

/** `2026-11-20T09:55:00.000+0000`, as records have it, or any ISO instant, as SOQL wants it: bare, and UTC. */
export const instant = (iso: string): string => new Date(iso.replace(/([+-]\d\d)(\d\d)$/, '$1:$2')).toISOString()

export const and = (conditions: readonly (string | null)[]): string => {
  const present = conditions.filter((condition) => condition !== null)
  return present.length === 0 ? '' : ` WHERE ${present.join(' AND ')}`
}

/** As it stands in a URL: fetch encodes quotes too, and every byte counts. */
export const encodeSoql = (soql: string): string => encodeURIComponent(soql).replaceAll("'", '%27')
