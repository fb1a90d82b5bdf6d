import { recordId } from './record-id.ts'

export const organizationId = recordId('00D', 1)
/** The user of the integration: what millrace writes is done by it. */
export const integrationUserId = recordId('005', 0)
export const integrationUser = {
  first: 'Millrace',
  last: 'Integration',
  email: 'integration@millrace-demo.example',
} as const
