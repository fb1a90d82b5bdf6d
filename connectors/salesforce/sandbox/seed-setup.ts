import type { SimulatorContext } from 'millrace/sandbox'
import { integrationUserId } from './identity.ts'
import { createRecord, requireObject } from './org.ts'
import { recordId } from './record-id.ts'
import { accountId } from './seed-accounts.ts'

/** What an org has that nobody enters, and the documents of its first accounts. */
export function seedSetup(context: SimulatorContext): void {
  const stamp = { at: foundedAt, by: integrationUserId }
  for (const [index, label] of ['Not Started', 'In Progress', 'Completed', 'Deferred'].entries())
    createRecord(
      context,
      requireObject('TaskStatus'),
      {
        Id: recordId('01J', index + 1),
        MasterLabel: label,
        ApiName: label,
        SortOrder: index + 1,
        IsDefault: index === 0,
        IsClosed: label === 'Completed',
      },
      stamp,
    )
  for (const [index, label] of ['America', 'Asia', 'Europe'].entries())
    createRecord(
      context,
      requireObject('Sales_Region__mdt'),
      {
        Id: recordId('m01', index + 1),
        DeveloperName: label,
        MasterLabel: label,
        Label: label,
        QualifiedApiName: label,
        Countries__c: { America: 'US, CA', Asia: 'JP, SG', Europe: 'DE, FI' }[label] ?? null,
      },
      stamp,
    )
  for (const company of context.world.companies.slice(0, 3))
    createRecord(
      context,
      requireObject('ContentDocumentLink'),
      {
        Id: recordId('06A', company.number),
        LinkedEntityId: accountId(company.number),
        ContentDocumentId: recordId('069', company.number),
        ShareType: 'V',
        Visibility: 'AllUsers',
      },
      stamp,
    )
}

const foundedAt = new Date('2022-01-03T09:30:00Z')
