import type { Json, JsonObject } from 'millrace'
import { stages } from './picklists.ts'

/** What Salesforce sets by itself from other fields. `before` is null for a new record. */
export function deriveFields(object: string, record: JsonObject, before: JsonObject | null, at: string): JsonObject {
  if (object === 'Contact' || object === 'Lead' || object === 'User') return { Name: personName(record) }
  if (object === 'Opportunity') return deriveOpportunity(record, before, at)
  return {}
}

const personName = (record: JsonObject) => [record['FirstName'], record['LastName']].filter((part) => part).join(' ')

function deriveOpportunity(record: JsonObject, before: JsonObject | null, at: string): JsonObject {
  const stage = stages[String(record['StageName'])]
  const moved = before?.['StageName'] !== record['StageName']
  const ownProbability = record['Probability'] !== null && record['Probability'] !== before?.['Probability']
  const probability = moved && !ownProbability && stage ? String(stage.probability) : (record['Probability'] ?? null)
  const closeDate = String(record['CloseDate'] ?? '')
  const quarter = Math.ceil(Number(closeDate.slice(5, 7)) / 3)
  return {
    Probability: probability,
    ForecastCategory: stage?.forecast ?? 'Pipeline',
    ForecastCategoryName: stage?.forecast ?? 'Pipeline',
    IsClosed: stage?.closed ?? false,
    IsWon: stage?.won ?? false,
    LastStageChangeDate: moved ? at : (record['LastStageChangeDate'] ?? null),
    FiscalYear: Number(closeDate.slice(0, 4)),
    FiscalQuarter: quarter,
    Fiscal: `${closeDate.slice(0, 4)} ${quarter}`,
    ExpectedRevenue: expectedRevenue(record['Amount'] ?? null, probability),
  }
}

function expectedRevenue(amount: Json, probability: Json): string | null {
  if (typeof amount !== 'string' || typeof probability !== 'string') return null
  const [whole = '0', cents = ''] = amount.split('.')
  const total = (BigInt(whole + cents.padEnd(2, '0').slice(0, 2)) * BigInt(Math.round(Number(probability)))) / 100n
  const digits = String(total).padStart(3, '0')
  return `${digits.slice(0, -2)}.${digits.slice(-2)}`
}
