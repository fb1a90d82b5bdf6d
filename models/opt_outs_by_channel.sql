-- One row per person and channel: for destinations that keep consent as a record of its own.
select person_id, email, 'email' as channel, email_opt_out as opted_out from {{ ref('people') }}
union all
select person_id, email, 'sms' as channel, sms_opt_out as opted_out from {{ ref('people') }}
union all
select person_id, email, 'phone' as channel, phone_opt_out as opted_out from {{ ref('people') }}
union all
select person_id, email, 'news' as channel, news_opt_out as opted_out from {{ ref('people') }}
