import { isOptOutName } from 'millrace'
import { describe, expect, it } from 'vitest'

describe('A field’s name', () => {
  it.each([
    'HasOptedOutOfEmail',
    'HasOptedOutOfFax',
    'DoNotCall',
    'Sms_Opt_Out__c',
    'Unsubscribed__c',
    'sms_opt_out',
    'optout_news',
    'do_not_email',
    'do_not_mail',
    'donotcontact',
    'unsubscribe',
  ])('%s means an opt-out', (name) => expect(isOptOutName(name)).toBe(true))

  it.each(['opt_in', 'Options__c', 'email', 'subscribed', 'do_not_know', 'outcome'])('%s does not', (name) =>
    expect(isOptOutName(name)).toBe(false),
  )
})
