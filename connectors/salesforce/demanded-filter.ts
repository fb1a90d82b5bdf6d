import { MillraceError, type Scan } from 'millrace'
import type { Readable } from './readable.ts'

/**
 * Objects of which Salesforce answers no query without a certain filter, and the filter in words.
 * https://developer.salesforce.com/docs/atlas.en-us.object_reference.meta/object_reference/sforce_api_objects_contentdocumentlink.htm
 */
export function demandedFilter(name: string): string | null {
  return demanded.get(name) ?? null
}

/** Before anything is sent: a query over all of it can only be refused. @throws MillraceError MR-3004 */
export function refuseUnfiltered({ name, demanded: words }: Readable, scan: Pick<Scan, 'where'>): void {
  if (words === null || scan.where !== null) return
  throw new MillraceError('MR-3004', {
    message: `Reading ${name} of Salesforce: it can only be queried with a filter on ${words}, and the sync has none.`,
    kept: 'Nothing was sent.',
    next: [
      `Give the stream a where, such as  ${name}: { where: "${words.split(/ or |,/)[0]?.trim() ?? 'Id'} IN ('…')" }`,
      `Or leave it out:  ${name}: { enabled: false }`,
    ],
  })
}

const demanded: ReadonlyMap<string, string> = new Map([
  ['Announcement', 'ParentId'],
  ['AppTabMember', 'AppDefinitionId'],
  ['CollaborationGroupRecord', 'CollaborationGroupId'],
  ['ColorDefinition', 'TabDefinitionId'],
  ['ContentDocumentLink', 'ContentDocumentId or LinkedEntityId'],
  ['ContentFolderItem', 'ParentContentFolderId'],
  ['ContentFolderMember', 'ParentContentFolderId or ChildRecordId'],
  ['ContentHubItem', 'ContentHubRepositoryId'],
  ['DataStatistics', 'StatType'],
  ['FlexQueueItem', 'JobType'],
  ['FlowVariableView', 'FlowVersionViewId'],
  ['FlowVersionView', 'FlowDefinitionViewId'],
  ['IconDefinition', 'TabDefinitionId'],
  ['IdeaComment', 'IdeaId'],
  ['OwnerChangeOptionInfo', 'EntityDefinitionId'],
  ['PicklistValueInfo', 'EntityParticleId'],
  ['PlatformAction', 'ActionListContext'],
  ['SiteDetail', 'DurableId'],
  ['UserRecordAccess', 'UserId'],
  ['Vote', 'ParentId'],
])
