/**
 * Whether a field that the vendor describes, and not the connector, means by its name that somebody opted out: DoNotCall,
 * HasOptedOutOfEmail, sms_opt_out, Unsubscribed__c. One list for all vendors: accounts name their own fields.
 */
export const isOptOutName = (name: string): boolean =>
  /opt(ed)?_?out|do_?not_?(call|e?mail|contact|text|sms|fax)|unsubscribed?/i.test(name)
