import type { SimulatorContext } from 'millrace/sandbox'
import { integrationUser, integrationUserId, organizationId } from './identity.ts'
import { createRecord, requireObject } from './org.ts'
import { recordId } from './record-id.ts'

export const userId = (staff: number) => recordId('005', staff)

export function seedUsers(context: SimulatorContext): void {
  const stamp = { at: foundedAt, by: integrationUserId }
  createRecord(
    context,
    requireObject('Organization'),
    {
      Id: organizationId,
      Name: 'Acme',
      InstanceName: 'EU99',
      OrganizationType: 'Enterprise Edition',
      LanguageLocaleKey: 'en_US',
    },
    stamp,
  )
  const users = [
    { id: integrationUserId, ...integrationUser },
    ...context.world.staff.map(({ number, name, email }) => {
      const [first = '', ...rest] = name.split(' ')
      return { id: userId(number), first, last: rest.join(' ') || first, email }
    }),
  ]
  for (const [index, { id, first, last, email }] of users.entries())
    createRecord(
      context,
      requireObject('User'),
      {
        Id: id,
        FirstName: first,
        LastName: last,
        Username: email,
        Email: email,
        Alias: `user${index}`,
        CommunityNickname: `user.${index}`,
        IsActive: true,
        TimeZoneSidKey: 'Europe/Helsinki',
        LocaleSidKey: 'en_GB',
        EmailEncodingKey: 'UTF-8',
        LanguageLocaleKey: 'en_US',
        UserType: 'Standard',
      },
      stamp,
    )
}

/** Before anything else was there. */
const foundedAt = new Date('2022-01-03T09:00:00Z')
