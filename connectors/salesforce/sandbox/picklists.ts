/** Values that a new org has, and the world's own where it brings some. */
export const industries = [
  'Agriculture',
  'Apparel',
  'Banking',
  'Biotechnology',
  'Chemicals',
  'Communications',
  'Construction',
  'Consulting',
  'Education',
  'Electronics',
  'Energy',
  'Engineering',
  'Entertainment',
  'Environmental',
  'Finance',
  'Food & Beverage',
  'Government',
  'Healthcare',
  'Hospitality',
  'Insurance',
  'Machinery',
  'Manufacturing',
  'Media',
  'Not For Profit',
  'Recreation',
  'Retail',
  'Shipping',
  'Technology',
  'Telecommunications',
  'Transportation',
  'Utilities',
  'Other',
]
export const ratings = ['Hot', 'Warm', 'Cold']
export const leadSources = ['Web', 'Phone Inquiry', 'Partner Referral', 'Purchased List', 'Other']
export const leadStatuses = [
  'Open - Not Contacted',
  'Working - Contacted',
  'Closed - Converted',
  'Closed - Not Converted',
]
export const salutations = ['Mr.', 'Ms.', 'Mrs.', 'Dr.', 'Prof.']
export const forecastCategories = ['Omitted', 'Pipeline', 'Best Case', 'Commit', 'Closed']

/** The org's sales process: what a stage means for the fields that Salesforce sets from it. */
export const stages: {
  readonly [stage: string]: {
    readonly probability: number
    readonly forecast: string
    readonly closed: boolean
    readonly won: boolean
  }
} = {
  Prospecting: { probability: 10, forecast: 'Pipeline', closed: false, won: false },
  Qualification: { probability: 25, forecast: 'Pipeline', closed: false, won: false },
  Proposal: { probability: 50, forecast: 'Best Case', closed: false, won: false },
  Negotiation: { probability: 75, forecast: 'Commit', closed: false, won: false },
  'Closed Won': { probability: 100, forecast: 'Closed', closed: true, won: true },
  'Closed Lost': { probability: 0, forecast: 'Omitted', closed: true, won: false },
}
export const stageNames = Object.keys(stages)
