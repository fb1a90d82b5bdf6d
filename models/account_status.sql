-- One row per account of the CRM, with what billing knows of it.
-- Money is counted in whole numbers, 10^-12 of the smallest unit of the currency: no double on the way, and one rounding at the end.
with customers as (
  select id, {{ json_text(metadata, 'external_id') }} as external_id
  from {{ source('stripe', 'customers') }}
  where _deleted_at is null
),

subscriptions as (
  select
    subscriptions.id,
    customers.external_id,
    subscriptions.currency,
    -- What is never paid at all (incomplete) is no subscription; unpaid and paused ones wait for money.
    case subscriptions.status
      when 'unpaid' then 'past_due'
      when 'paused' then 'past_due'
      when 'incomplete' then 'none'
      when 'incomplete_expired' then 'none'
      else subscriptions.status
    end as state
  from {{ source('stripe', 'subscriptions') }} as subscriptions
  join customers on customers.id = subscriptions.customer
  where subscriptions._deleted_at is null
),

items as (
  select
    subscription,
    quantity,
    -- Prices in tiers have no unit amount, and what is metered is not known before it is used: neither is in the sum.
    cast({{ json_text(price, 'unit_amount_decimal') }} as decimal(26, 12)) as unit_amount,
    {{ json_text(price, 'recurring.interval') }} as period,
    cast({{ json_text(price, 'recurring.interval_count') }} as bigint) as periods
  from {{ source('stripe', 'subscription_items') }}
  where _deleted_at is null and coalesce({{ json_text(price, 'recurring.usage_type') }}, 'licensed') <> 'metered'
),

-- A year of the item, divided by twelve.
monthly as (
  select
    subscription,
    {{ div(
      cast(replace(cast(unit_amount as varchar), '.', '') as decimal(38, 0)) * quantity
      * case period when 'year' then 1 when 'month' then 12 when 'week' then 52 when 'day' then 365 end
      + 6 * periods,
      12 * periods
    ) }} as amount
  from items
  where unit_amount is not null and quantity is not null
),

revenue as (
  select
    external_id,
    -- Amounts of two currencies do not add up.
    case when count(distinct currency) = 1 then sum(amount) end as amount,
    min(currency) as currency
  from subscriptions
  join monthly on monthly.subscription = subscriptions.id
  where state in ('active', 'past_due')
  group by external_id
),

-- https://docs.stripe.com/currencies#minor-units : most have hundredths, these have none or thousandths.
mrr as (
  select
    external_id,
    currency,
    case
      when currency in ('bif', 'clp', 'djf', 'gnf', 'jpy', 'kmf', 'krw', 'mga', 'pyg', 'rwf', 'vnd', 'vuv', 'xaf', 'xof', 'xpf')
        then {{ div(amount + 5000000000, 10000000000) }}
      when currency in ('bhd', 'jod', 'kwd', 'omr', 'tnd') then {{ div(amount + 5000000000000, 10000000000000) }}
      else {{ div(amount + 500000000000, 1000000000000) }}
    end as hundredths
  from revenue
),

-- The best of an account's subscriptions speaks for it.
states as (
  select
    external_id,
    min(case state when 'active' then 1 when 'past_due' then 2 when 'trialing' then 3 when 'canceled' then 4 else 5 end) as best
  from subscriptions
  group by external_id
),

opportunities as (
  select
    account_id,
    max(case when is_won then 1 else 0 end) = 1 as has_won,
    max(case when is_closed then 0 else 1 end) = 1 as has_open
  from {{ source('salesforce', 'opportunity') }}
  where _deleted_at is null
  group by account_id
),

accounts as (
  select
    account.external_id__c as external_id,
    account.id as account_id,
    account.type as account_type,
    case
      when opportunities.has_won then 'won'
      when opportunities.has_open then 'open'
      when opportunities.account_id is not null then 'lost'
      else 'none'
    end as opportunity_status,
    coalesce(opportunities.has_open, false) as has_open,
    case states.best
      when 1 then 'active' when 2 then 'past_due' when 3 then 'trialing' when 4 then 'canceled' else 'none'
    end as subscription_state
  from {{ source('salesforce', 'account') }} as account
  left join states on states.external_id = account.external_id__c
  left join opportunities on opportunities.account_id = account.id
  where account._deleted_at is null and account.external_id__c is not null
)

select
  accounts.external_id,
  accounts.account_id,
  accounts.account_type,
  accounts.opportunity_status,
  accounts.subscription_state,
  -- Null where it cannot be summed; nothing at all is 0.
  case
    when mrr.external_id is null then cast(0 as decimal(18, 2))
    else cast(cast(mrr.hundredths as decimal(20, 0)) * cast(0.01 as decimal(3, 2)) as decimal(18, 2))
  end as mrr,
  mrr.currency as mrr_currency,
  case
    when accounts.subscription_state in ('active', 'past_due', 'trialing') then 'customer'
    when accounts.subscription_state = 'canceled' then 'churned'
    when accounts.has_open then 'open opportunity'
    else 'prospect'
  end as account_status
from accounts
left join mrr on mrr.external_id = accounts.external_id
