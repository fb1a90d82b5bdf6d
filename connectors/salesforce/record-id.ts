/** 15 characters, or 18, of which the last three say which of the first are capital. https://developer.salesforce.com/docs/atlas.en-us.object_reference.meta/object_reference/field_types.htm */
export const recordId = /^[A-Za-z0-9]{15}(?:[A-Za-z0-9]{3})?$/

/** As records have it in what is read. */
export const longRecordId = /^[A-Za-z0-9]{18}$/
