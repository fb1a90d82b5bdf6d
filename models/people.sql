-- One row per person, whether the CRM knows them as a lead, as a contact, or as both: the contact wins.
-- An opt-out on any record of theirs counts, on a deleted one too. Opt-outs are true or false, never null.
with records as (
  select
    person_id__c as person_id, 'contact' as kind, false as is_converted, id, account_id,
    email, first_name, last_name, _deleted_at,
    has_opted_out_of_email, sms_opt_out__c, do_not_call, news_opt_out__c
  from {{ source('salesforce', 'contact') }}
  where person_id__c is not null
  union all
  select
    person_id__c as person_id, 'lead' as kind, is_converted, id, converted_account_id as account_id,
    email, first_name, last_name, _deleted_at,
    has_opted_out_of_email, sms_opt_out__c, do_not_call, news_opt_out__c
  from {{ source('salesforce', 'lead') }}
  where person_id__c is not null
),

opt_outs as (
  select
    person_id,
    max(case when has_opted_out_of_email then 1 else 0 end) = 1 as email_opt_out,
    max(case when sms_opt_out__c then 1 else 0 end) = 1 as sms_opt_out,
    max(case when do_not_call then 1 else 0 end) = 1 as phone_opt_out,
    max(case when news_opt_out__c then 1 else 0 end) = 1 as news_opt_out
  from records
  group by person_id
),

-- A converted lead stands in only until its contact is loaded: a deleted contact does not come back as the lead it once was.
known_contacts as (
  select distinct person_id from records where kind = 'contact'
),

ranked as (
  select
    records.*,
    row_number() over (partition by records.person_id order by records.kind, records.is_converted, records.id) as place
  from records
  left join known_contacts on known_contacts.person_id = records.person_id
  where records._deleted_at is null and not (records.is_converted and known_contacts.person_id is not null)
),

chosen as (
  select * from ranked where place = 1
)

select
  chosen.person_id,
  chosen.email,
  chosen.first_name,
  chosen.last_name,
  account.external_id__c as account_external_id,
  coalesce(account_status.account_status, 'prospect') as account_status,
  coalesce(account_status.subscription_state, 'none') as subscription_state,
  opt_outs.email_opt_out,
  opt_outs.sms_opt_out,
  opt_outs.phone_opt_out,
  opt_outs.news_opt_out
from chosen
join opt_outs on opt_outs.person_id = chosen.person_id
left join {{ source('salesforce', 'account') }} as account
  on account.id = chosen.account_id and account._deleted_at is null
left join {{ ref('account_status') }} as account_status
  on account_status.external_id = account.external_id__c
