import fc from 'fast-check'
import { cutPage } from 'millrace'
import { describe, expect, it } from 'vitest'
import { flattenLines, shapeOf } from '../../../connectors/google_ads/flatten.ts'

const flatten = (rows: readonly unknown[], columns: Parameters<typeof shapeOf>[0]) => {
  const { lines, rows: count } = cutPage(Buffer.from(JSON.stringify({ results: rows }, null, 2)), {
    records: 'results',
  })
  return Buffer.from(flattenLines(lines, count, shapeOf(columns)))
    .toString()
    .split('\n')
    .slice(0, -1)
    .map((line): unknown => JSON.parse(line))
}

const columns = [
  'customer.id',
  'campaign.name',
  'campaign.labels',
  'metrics.video_quartile_p25_rate',
  'ad_group_ad.ad.id',
].map((field) => ({ field }))

type Row = { readonly [resource: string]: { readonly [field: string]: unknown } | undefined }

describe('flattening', () => {
  it('takes what was asked for, under its name in GAQL, and nothing else', () => {
    const row = {
      campaign: { resourceName: 'customers/1/campaigns/2', name: 'a "b" \\ {[,:', labels: [{ a: ']' }, '}'] },
      metrics: { videoQuartileP25Rate: 0.25, clicks: '7' },
      adGroupAd: { ad: { id: '9007199254740993', resourceName: 'x' } },
    }
    expect(flatten([row, {}, { other: { deep: [{ x: 1 }] } }], columns)).toEqual([
      {
        'campaign.name': 'a "b" \\ {[,:',
        'campaign.labels': [{ a: ']' }, '}'],
        'metrics.video_quartile_p25_rate': 0.25,
        'ad_group_ad.ad.id': '9007199254740993',
      },
      {},
      {},
    ])
  })

  it('offers micros as a decimal, to the digit', () => {
    const money = [{ field: 'metrics.cost_micros', decimal: 'metrics.cost_decimal' }]
    const decimals = [
      '0',
      '1',
      '-1',
      '999999',
      '1000000',
      '-1234567',
      '9223372036854775807',
      '-9223372036854775808',
      'NaN',
    ].map((costMicros) => flatten([{ metrics: { costMicros } }], money)[0])
    expect(decimals.map((row) => (row as { [field: string]: string })['metrics.cost_decimal'])).toEqual([
      '0.000000',
      '0.000001',
      '-0.000001',
      '0.999999',
      '1.000000',
      '-1.234567',
      '9223372036854.775807',
      '-9223372036854.775808',
      undefined,
    ])
  })

  it('brings any value back as it was', () => {
    const value = fc.oneof(
      fc.string({ unit: 'binary' }).filter((text) => text.isWellFormed() && !text.includes('\0')),
      fc.integer(),
      fc.boolean(),
      fc.jsonValue({ noUnicodeString: true }),
    )
    const row = fc.record(
      {
        customer: fc.record({ id: fc.bigInt({ min: 0n, max: 2n ** 63n }).map(String) }, { requiredKeys: [] }),
        campaign: fc.record({ labels: value, name: value, resourceName: value }, { requiredKeys: [] }),
        metrics: fc.record(
          { videoQuartileP25Rate: fc.double({ noNaN: true, noDefaultInfinity: true }) },
          { requiredKeys: [] },
        ),
        extra: value,
      },
      { requiredKeys: [] },
    )
    fc.assert(
      fc.property(fc.array(row, { maxLength: 5 }), (rows) => {
        // Numbers that a double alters are quoted by `cutPage` already.
        const { lines } = cutPage(Buffer.from(JSON.stringify(rows)), { records: '' })
        const cut: readonly Row[] = JSON.parse(`[${Buffer.from(lines).toString().trim().replaceAll('\n', ',')}]`)
        const wanted = cut.map(({ customer, campaign, metrics }) =>
          JSON.parse(
            JSON.stringify({
              'customer.id': customer?.id,
              'campaign.name': campaign?.name,
              'campaign.labels': campaign?.labels,
              'metrics.video_quartile_p25_rate': metrics?.videoQuartileP25Rate,
            }),
          ),
        )
        expect(flatten(rows, columns)).toEqual(wanted)
      }),
      { numRuns: 200 },
    )
  })
})
