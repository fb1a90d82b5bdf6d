import type { SimulatorDefinition } from 'millrace/sandbox'

export const coverage: SimulatorDefinition['coverage'] = {
  'GET /account-info/v3/details': ['bad_credentials', 'too_many_requests'],
  'GET /crm/v3/properties/:type': ['wrong_type', 'bad_credentials', 'too_many_requests'],
  'GET /crm-object-schemas/v3/schemas': ['bad_credentials', 'too_many_requests'],
  'POST /crm/v3/objects/:type/batch/upsert': all(),
  'POST /crm/v3/objects/:type/batch/update': all(),
  'POST /crm/v3/objects/:type/batch/create': all(),
  'POST /crm/v3/objects/:type/batch/read': all(),
  'POST /crm/v3/objects/:type/merge': all(),
  'POST /crm/v3/objects/:type/search': all(),
  'POST /crm/v4/associations/:from/:to/batch/associate/default': all(),
  'POST /communication-preferences/v4/statuses/batch/write': all(),
  'POST /communication-preferences/v4/statuses/:email': all(),
}

function all() {
  return ['unknown_field', 'wrong_type', 'missing_parameter', 'bad_credentials', 'too_many_requests'] as const
}
