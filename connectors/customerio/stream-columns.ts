/**
 * What the App API's published description says of each thing that is listed. Instants are unix seconds, which a `timestamp`
 * column takes as they are. A field that Customer.io adds later becomes a column by itself.
 * https://docs.customer.io/integrations/api/app/
 */
import type { LogicalType } from 'millrace'

export type Columns = { readonly [field: string]: LogicalType }

export const peopleColumns: Columns = {
  cio_id: 'string',
  id: 'string',
  email: 'string',
  created_at: 'timestamp',
  unsubscribed: 'boolean',
  cio_subscription_preferences: 'json',
  attributes: 'json',
}

export const segmentColumns: Columns = {
  id: 'integer',
  deduplicate_id: 'string',
  name: 'string',
  description: 'string',
  type: 'string',
  state: 'string',
  progress: 'integer',
  tags: 'json',
  created_at: 'timestamp',
  updated_at: 'timestamp',
}

export const membershipColumns: Columns = { segment_id: 'integer', cio_id: 'string', id: 'string', email: 'string' }

/** Campaigns and broadcasts are one kind of thing there: automations. */
export const automationColumns: Columns = {
  id: 'integer',
  deduplicate_id: 'string',
  name: 'string',
  type: 'string',
  state: 'string',
  active: 'boolean',
  created: 'timestamp',
  updated: 'timestamp',
  first_started: 'timestamp',
  created_by: 'string',
  tags: 'json',
  actions: 'json',
  msg_templates: 'json',
  event_name: 'string',
  event_type: 'string',
  date_attribute: 'string',
  frequency: 'string',
  timezone: 'string',
  use_customer_timezone: 'boolean',
  start_hour: 'integer',
  start_minutes: 'integer',
  trigger_segment_ids: 'json',
  filter_segment_ids: 'json',
}

const message: Columns = {
  deduplicate_id: 'string',
  name: 'string',
  type: 'string',
  language: 'string',
  layout: 'string',
  subject: 'string',
  preheader_text: 'string',
  body: 'string',
  body_amp: 'string',
  from: 'string',
  from_id: 'integer',
  reply_to: 'string',
  reply_to_id: 'integer',
  recipient: 'string',
  cc: 'string',
  bcc: 'string',
  fake_bcc: 'boolean',
  preprocessor: 'string',
  headers: 'json',
}

const action: Columns = {
  ...message,
  created: 'timestamp',
  updated: 'timestamp',
  sending_state: 'string',
  parent_action_id: 'integer',
  url: 'string',
  method: 'string',
}

export const campaignActionColumns: Columns = { campaign_id: 'integer', id: 'integer', ...action }

export const broadcastActionColumns: Columns = { broadcast_id: 'integer', id: 'integer', ...action }

export const newsletterColumns: Columns = {
  id: 'integer',
  deduplicate_id: 'string',
  name: 'string',
  type: 'string',
  created: 'timestamp',
  updated: 'timestamp',
  sent_at: 'timestamp',
  content_ids: 'json',
  recipient_segment_ids: 'json',
  subscription_topic_id: 'integer',
  tags: 'json',
}

export const newsletterContentColumns: Columns = { newsletter_id: 'integer', id: 'integer', ...message }

export const deliveryColumns: Columns = {
  id: 'string',
  deduplicate_id: 'string',
  type: 'string',
  customer_id: 'string',
  customer_identifiers: 'json',
  recipient: 'string',
  subject: 'string',
  created: 'timestamp',
  metrics: 'json',
  failure_message: 'string',
  forgotten: 'boolean',
  campaign_id: 'integer',
  broadcast_id: 'integer',
  newsletter_id: 'integer',
  content_id: 'integer',
  action_id: 'integer',
  parent_action_id: 'integer',
  msg_template_id: 'integer',
  message_template_id: 'integer',
  trigger_event_id: 'string',
  tracked_responses: 'json',
}

export const activityColumns: Columns = {
  id: 'string',
  type: 'string',
  name: 'string',
  timestamp: 'timestamp',
  customer_id: 'string',
  customer_identifiers: 'json',
  delivery_id: 'string',
  delivery_type: 'string',
  url: 'string',
  data: 'json',
}

export const senderColumns: Columns = {
  id: 'integer',
  deduplicate_id: 'string',
  name: 'string',
  email: 'string',
  address: 'string',
  template_type: 'string',
  auto_generated: 'boolean',
}

export const snippetColumns: Columns = { name: 'string', value: 'string', updated_at: 'timestamp' }

export const collectionColumns: Columns = {
  id: 'integer',
  name: 'string',
  rows: 'integer',
  bytes: 'integer',
  schema: 'json',
  created_at: 'timestamp',
  updated_at: 'timestamp',
}

export const transactionalColumns: Columns = {
  id: 'integer',
  name: 'string',
  description: 'string',
  trigger_name: 'string',
  send_to_unsubscribed: 'boolean',
  link_tracking: 'boolean',
  open_tracking: 'boolean',
  hide_message_body: 'boolean',
  queue_drafts: 'boolean',
  created_at: 'timestamp',
  updated_at: 'timestamp',
}

export const topicColumns: Columns = {
  id: 'integer',
  identifier: 'string',
  name: 'string',
  description: 'string',
  subscribed_by_default: 'boolean',
}
