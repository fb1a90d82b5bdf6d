import { fileURLToPath } from 'node:url'
import { DuckDBInstance, type DuckDBConnection } from '@duckdb/node-api'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { loadProject } from '../../src/config/load.ts'
import { modelsOn } from '../../src/config/model-files.ts'
import { renderModel, warehouseNames } from '../../src/config/model-references.ts'
import { orderModels } from '../../src/config/order-syncs.ts'
import { duckdbMacros } from '../../src/warehouse/duckdb/macros.ts'

let db: DuckDBConnection

const quote = (identifier: string) => `"${identifier.replaceAll('"', '""')}"`

async function rows(sql: string): Promise<readonly Record<string, unknown>[]> {
  const reader = await db.runAndReadAll(sql)
  return reader.getRowObjectsJson()
}

const item = (id: string, subscription: string, quantity: number, price: object) =>
  `('${id}', '${subscription}', ${quantity}, '${JSON.stringify(price)}', null)`
const monthly = (unit_amount_decimal: string | null, more: object = {}) => ({
  unit_amount_decimal,
  recurring: { interval: 'month', interval_count: 1, usage_type: 'licensed', ...more },
})

beforeAll(async () => {
  db = await (await DuckDBInstance.create(':memory:')).connect()
  await db.run(`
    create schema salesforce; create schema stripe; create schema models;
    create table salesforce.account (id varchar, external_id__c varchar, type varchar, _deleted_at timestamp);
    create table salesforce.opportunity (id varchar, account_id varchar, is_won boolean, is_closed boolean, _deleted_at timestamp);
    create table salesforce.contact (id varchar, person_id__c varchar, account_id varchar, email varchar, first_name varchar, last_name varchar,
      has_opted_out_of_email boolean, sms_opt_out__c boolean, do_not_call boolean, news_opt_out__c boolean, _deleted_at timestamp);
    create table salesforce.lead (id varchar, person_id__c varchar, converted_account_id varchar, is_converted boolean, email varchar, first_name varchar,
      last_name varchar, has_opted_out_of_email boolean, sms_opt_out__c boolean, do_not_call boolean, news_opt_out__c boolean, _deleted_at timestamp);
    create table stripe.customers (id varchar, metadata json, _deleted_at timestamp);
    create table stripe.subscriptions (id varchar, customer varchar, currency varchar, status varchar, _deleted_at timestamp);
    create table stripe.subscription_items (id varchar, subscription varchar, quantity bigint, price json, _deleted_at timestamp);

    insert into salesforce.account values ('a1','X-1','Customer - Direct',null), ('a2','X-2',null,null), ('a3','X-3',null,null), ('a4','X-4',null,null),
      ('a5','X-5',null,null), ('a6','X-6',null,null), ('a7','X-7',null,null), ('gone','X-8',null,now()), ('none',null,null,null);
    insert into salesforce.opportunity values ('o1','a1',true,true,null), ('o2','a1',false,false,null), ('o3','a3',false,false,null),
      ('o4','a4',false,true,null), ('o5','a7',true,true,now());
    insert into stripe.customers values ('c1','{"external_id":"X-1"}',null), ('c2','{"external_id":"X-2"}',null), ('c5','{"external_id":"X-5"}',null),
      ('c6','{"external_id":"X-6"}',null), ('c0','{}',null), ('c7','{"external_id":"X-7"}',now());
    insert into stripe.subscriptions values ('s1','c1','usd','active',null), ('s1b','c1','usd','canceled',null), ('s2','c2','usd','canceled',null),
      ('s5','c5','jpy','past_due',null), ('s6','c6','kwd','active',null), ('s6b','c6','kwd','trialing',null), ('s0','c0','usd','active',null), ('s7','c7','usd','active',null);
    insert into stripe.subscription_items values
      ${[
        item('i1', 's1', 3, monthly('1900')),
        item('i2', 's1', 1, { unit_amount_decimal: '19900', recurring: { interval: 'year', interval_count: 1 } }),
        item('i3', 's1', 7, monthly('12.345678901234')),
        item('i4', 's1', 9, monthly('100', { usage_type: 'metered' })),
        item('i5', 's1', 1, monthly(null)),
        item('i6', 's1', 2, monthly('3000', { interval_count: 3 })),
        item('i7', 's1b', 1, monthly('999999')),
        item('i8', 's5', 2, monthly('2900')),
        item('i9', 's6', 1, monthly('5705')),
        item('i10', 's6b', 1, monthly('5705')),
      ].join(',')};

    insert into salesforce.contact values
      ('k1','P-1','a1','a@x.test','Ann','A',false,false,false,false,null),
      ('k2','P-2','a2','b@x.test','Ben','B',true,null,null,false,null),
      ('k3','P-3',null,'c@x.test','Cid','C',false,false,false,false,now()),
      ('k4','P-6','a3','f@x.test','Fay','F',false,false,true,false,null),
      ('k0',null,'a1','z@x.test','Zed','Z',false,false,false,false,null);
    insert into salesforce.lead values
      ('l1','P-1','a1',true,'old@x.test','Anna','A',false,true,false,false,null),
      ('l3','P-3',null,true,'c@x.test','Cid','C',false,false,false,false,null),
      ('l4','P-4',null,false,'d@x.test','Dee','D',false,false,false,true,null),
      ('l5','P-5',null,false,'e@x.test','Eve','E',false,false,false,false,now()),
      ('l7','P-7','a1',true,'g@x.test','Gil','G',false,false,false,false,null);
  `)
  const project = await loadProject(fileURLToPath(new URL('../..', import.meta.url)))
  const names = { ...duckdbMacros, ...warehouseNames(project, quote) }
  for (const model of orderModels(modelsOn(project.models, 'duckdb')))
    await db.run(`create view models.${quote(model.name)} as ${renderModel(model, names)}`)
})

afterAll(() => db.closeSync())

describe('models/account_status.sql', () => {
  it('knows an account’s standing, from its deals and its subscriptions', async () => {
    expect(
      await rows(
        'select external_id, opportunity_status, subscription_state, account_status from models.account_status order by 1',
      ),
    ).toEqual([
      { external_id: 'X-1', opportunity_status: 'won', subscription_state: 'active', account_status: 'customer' },
      { external_id: 'X-2', opportunity_status: 'none', subscription_state: 'canceled', account_status: 'churned' },
      {
        external_id: 'X-3',
        opportunity_status: 'open',
        subscription_state: 'none',
        account_status: 'open opportunity',
      },
      { external_id: 'X-4', opportunity_status: 'lost', subscription_state: 'none', account_status: 'prospect' },
      { external_id: 'X-5', opportunity_status: 'none', subscription_state: 'past_due', account_status: 'customer' },
      { external_id: 'X-6', opportunity_status: 'none', subscription_state: 'active', account_status: 'customer' },
      { external_id: 'X-7', opportunity_status: 'none', subscription_state: 'none', account_status: 'prospect' },
    ])
  })

  it('counts revenue by the month in whole units of the currency, exactly', async () => {
    // usd: 3×19.00 + 199.00/12 + 7×0.12345678901234 + 2×30.00/3, rounded once; jpy has no hundredths; kwd has thousandths.
    expect(
      await rows('select external_id, mrr, mrr_currency from models.account_status where mrr <> 0 order by 1'),
    ).toEqual([
      { external_id: 'X-1', mrr: '94.45', mrr_currency: 'usd' },
      { external_id: 'X-5', mrr: '5800.00', mrr_currency: 'jpy' },
      { external_id: 'X-6', mrr: '5.71', mrr_currency: 'kwd' },
    ])
    expect(await rows('select distinct typeof(mrr) as type from models.account_status')).toEqual([
      { type: 'DECIMAL(18,2)' },
    ])
  })

  it('does not add up amounts of two currencies', async () => {
    await db.run("begin; insert into stripe.subscriptions values ('s9','c1','eur','active',null)")
    await db.run(`insert into stripe.subscription_items values ${item('i90', 's9', 1, monthly('100'))}`)
    expect(await rows("select mrr from models.account_status where external_id = 'X-1'")).toEqual([{ mrr: null }])
    await db.run('rollback')
  })
})

describe('models/people.sql', () => {
  it('has every person once: the contact wins, and a deleted contact does not come back as the lead it was', async () => {
    expect(
      await rows(
        'select person_id, email, account_external_id, account_status, subscription_state from models.people order by 1',
      ),
    ).toEqual([
      {
        person_id: 'P-1',
        email: 'a@x.test',
        account_external_id: 'X-1',
        account_status: 'customer',
        subscription_state: 'active',
      },
      {
        person_id: 'P-2',
        email: 'b@x.test',
        account_external_id: 'X-2',
        account_status: 'churned',
        subscription_state: 'canceled',
      },
      {
        person_id: 'P-4',
        email: 'd@x.test',
        account_external_id: null,
        account_status: 'prospect',
        subscription_state: 'none',
      },
      {
        person_id: 'P-6',
        email: 'f@x.test',
        account_external_id: 'X-3',
        account_status: 'open opportunity',
        subscription_state: 'none',
      },
      {
        person_id: 'P-7',
        email: 'g@x.test',
        account_external_id: 'X-1',
        account_status: 'customer',
        subscription_state: 'active',
      },
    ])
  })

  it('counts an opt-out on any record of the person, and is never null', async () => {
    const flags = await rows(
      'select person_id, email_opt_out, sms_opt_out, phone_opt_out, news_opt_out from models.people order by 1',
    )
    expect(flags.map((row) => Object.values(row))).toEqual([
      ['P-1', false, true, false, false],
      ['P-2', true, false, false, false],
      ['P-4', false, false, false, true],
      ['P-6', false, false, true, false],
      ['P-7', false, false, false, false],
    ])
  })
})

it('models/opt_outs_by_channel.sql has a row per person and channel', async () => {
  expect(
    await rows(
      'select channel, count(*) as people, count_if(opted_out) as out from models.opt_outs_by_channel group by 1 order by 1',
    ),
  ).toEqual([
    { channel: 'email', people: '5', out: '1' },
    { channel: 'news', people: '5', out: '1' },
    { channel: 'phone', people: '5', out: '1' },
    { channel: 'sms', people: '5', out: '1' },
  ])
})
