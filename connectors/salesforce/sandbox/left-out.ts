/** What Salesforce has and the simulator does not. Asking for it is refused as an unknown thing is. */
export const leftOut: { readonly [thing: string]: string } = {
  'Account: CleanStatus, DandbCompanyId, DunsNumber, NaicsCode, NaicsDesc, Tradestyle, YearStarted, OperatingHoursId, Tier, IsCustomerPortal':
    'fields of Data.com and of paid features; a plain org does not have them',
  'Account: IsPersonAccount, Person*':
    'person accounts are a setting that cannot be undone; this org does not have them',
  'Contact: IndividualId, CleanStatus, IsPriorityRecord, ContactSource, GenderIdentity, Pronouns, ActionCadence*, CanAllowPortalSelfReg':
    'fields of features that are off in this org',
  'Lead: IndividualId, CleanStatus, CompanyDunsNumber, DandbCompanyId, FirstCallDateTime, FirstEmailDateTime, ActionCadence*, IsPriorityRecord, GenderIdentity, Pronouns':
    'fields of features that are off in this org',
  'ContactPointTypeConsent: PartyId, BusinessBrandId, DataUsePurposeId, EngagementChannelTypeId, LastReferencedDate, LastViewedDate':
    'lookups to objects that the sandbox does not have, and what is kept of who looked; the prefix of its Ids is a guess',
  'Opportunity: CampaignId, Pricebook2Id, SyncedQuoteId, ContractId, RecordTypeId, IqScore, Territory2Id':
    'lookups to objects that the sandbox does not have',
  'User: UserPermissions*, UserPreferences*, ProfileId, UserRoleId, DelegatedApproverId, CallCenterId, ContactId, AccountId, IndividualId, *PhotoUrl (but FullPhotoUrl), Digest*, Forecast*, EmailPreferences*, StayInTouch*, Receives*, Offline*, IsPortal*, PortalRole, Sender*, Signature, Extension, BadgeText, OutOfOfficeMessage, LastPasswordChangeDate, LastViewedDate, LastReferencedDate, IsExtIndicatorVisible, IsProfilePhotoActive, DefaultGroupNotificationFrequency':
    'some two hundred switches, and what a user says of themselves; none of them is of use in a warehouse',
  'Organization: *': 'only some fields are here: its Id and name are asked for',
  'OpportunityHistory, and all other standard objects': 'the cast of the world does not need them',
  'big objects but Visit__b and LogoutEvent (empty), custom metadata but Sales_Region__mdt, the catalogue but EntityDefinition and FieldDefinition':
    'they are there to be refused, or read as few rows are',
  'multi-select picklists': 'no field is one',
  'custom objects but Subscription__c and Survey__c, record types, geolocations':
    'enough to show what a custom object is like, and one that is very wide',
  'EntityDefinition: *': 'those that the connector asks for are here',
  'FieldDefinition: *': 'those that the connector asks for are here',
  'Task: Recurrence*, IsRecurrence, IsReminderSet, ReminderDateTime, Call*, IsHighPriority, IsArchived, AccountId, TaskSubtype':
    'only what a list of tasks to do needs',
  'SOQL: GROUP BY, aggregates but COUNT(), subqueries, TYPEOF, FIELDS(), date literals as LAST_N_DAYS, INCLUDES, toLabel, FOR VIEW, ALL ROWS':
    'refused as MALFORMED_QUERY',
  'writes: undelete, merge': '404',
  'Bulk API 2.0 ingest: the list of jobs, multipart creation, other delimiters than COMMA, hardDelete, the day’s limit of batches':
    'not used by the connector; 404, INVALIDJOB or FEATURENOTENABLED',
  'deleting an account deletes its contacts and opportunities': 'here they stay; the story deletes people only',
  'purging the recycle bin after 15 days': 'deleted rows stay in queryAll, until the fault purge_deleted',
  'Bulk API 2.0 query: the list of jobs, parallel results, other delimiters than COMMA, CRLF, PK chunking and its order of rows, the day’s limit of bytes':
    'not used by the connector; 404 or INVALIDJOB. Rows of a job without ORDER BY come as they were made',
  'Bulk API 2.0 query: what a bad locator or another user’s job is called':
    'not documented; INVALIDLOCATOR and INSUFFICIENT_ACCESS are guesses',
  'Bulk API 1.0, Composite, sObject rows, SOAP, Streaming': 'not used by the connector; 404',
  'the languages and the XML of answers': 'JSON in English only',
  'OAuth: web server, device, token exchange and password flows': 'unsupported_grant_type',
  'validation rules, triggers, duplicate rules':
    'none in this org; the fault lock_rows stands for rows that are refused for a while',
  'formula fields other than Employees_Per_Site__c': 'one is enough to show what a formula is like',
}
