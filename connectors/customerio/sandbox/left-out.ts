/** What of the vendor's published descriptions is not here, and why. */
export const leftOut: { readonly [thing: string]: string } = {
  'type: delivery': 'millrace reports no deliveries; refused as not in the sandbox',
  'person actions page, screen, add_device, delete_device; object actions identify_anonymous, event':
    'millrace does not send them; refused as not in the sandbox',
  'identify of a person: whose email is another person’s, in a workspace that merges them':
    'not documented; here it is a 200, and dropped',
  'an event of somebody who is not there, a relationship to what is not there':
    'what becomes of them is not documented; here the event stays without a person, and the relationship is a 200, and dropped',
  'timestamp of a person’s identify':
    'checked, and not obeyed: millrace sends none, and what an older one drops (the attribute, the whole change) is not documented',
  'identifiers.phone':
    'this workspace identifies people by id and email only, and refuses phone as such a workspace does',
  'Track API v1 but accounts/region': 'millrace does not call it; answers 404',
  'service accounts (X-Workspace-Id)': 'one workspace',
  'attributes that Customer.io makes (_last_emailed, _created_in_customerio_at)': 'not documented which, and when',
  'App API: writes':
    'creating, changing and sending; the connector reads. The POSTs that search for people and start an export are here',
  'App API: one thing by its id': 'GET of one segment, campaign, newsletter, message: the lists have them all',
  'App API: metrics, links, journeys, triggers, languages, test groups': 'the connector does not read them',
  'App API: assets, design studio, imports, webhooks, suppressions, workspaces, ip addresses':
    'the connector does not read them',
  'unknown parameters of the App API': 'the vendor ignores them; here they are refused, so that a typing error is seen',
  'exports of deliveries': 'the connector reads deliveries page by page',
  'columns of an export of people':
    'not documented: here id and email, and what `attributes` names, in that order; an attribute named twice stands there twice',
  'messages: archived bodies, associations': 'the connector asks for none',
  'messages: message_template_id': 'deprecated; the vendor’s own examples have msg_template_id',
  'messages: other metrics than sent, delivered, bounced, opened, clicked and drafted':
    'they come in the same object; nobody converts, complains or unsubscribes by a message here',
  'messages: trigger_id, template_id, content_id, transactional_id as filters':
    'in the SDK, and not in the published description; refused',
  'activities: attribute_change and the other types':
    'deliveries, events and new people only, so no url; nobody keeps the values that were',
  'segments: conditions': 'not in the published description of the list',
  'pages: tokens that expire': 'the fault lost_tokens refuses one',
}
