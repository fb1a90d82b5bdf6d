import type { SimulatorDefinition } from 'millrace/sandbox'

export const leftOut: SimulatorDefinition['leftOut'] = {
  'objects but contacts, companies, deals and the custom object machine (2-7001)':
    'answers 400, as for an unknown type',
  'endpoints of one record, archive, lists, imports': 'millrace does not call them; answers 404',
  'most of HubSpot’s own properties': 'there are some 200 an object; those that matter to a sync are there',
  'associations within a create': 'millrace associates afterwards; refused as not in the sandbox',
  'values of a merge': 'those of the primary record, else of the other; HubSpot has exceptions for some properties',
  'the address of a contact that is written by another of its addresses':
    'it keeps its own; HubSpot may make the other its own, and does not say',
  'labelled associations': 'the default one only',
  'search but for one filter of IN or EQ': 'refused as not in the sandbox; its delay behind writes is not played',
  'url and warnings of a record in answers': 'optional in the description, and not played',
  propertiesWithHistory: 'taken, and not answered',
  'subscription types of a business unit, channels but EMAIL, unsubscribe-all': 'one brand, email only',
  'passing over unknown fields of a body': 'HubSpot does not say whether it does; they are refused here',
  '100 or 190 requests in ten seconds':
    'a wall clock that strict would make tests depend on the machine’s speed: 10,000; use the fault rate_limit',
  'the exact words of a few refusals (too many inputs, twins in a batch, a text or a search that is too long, more than 10,000 results)':
    'HubSpot does not publish them',
}
