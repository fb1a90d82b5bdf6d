import { makeFaultProject, type FaultProjectOptions } from './fault-project.ts'
import { salesforceKeys, sandboxYaml } from './sandbox-yaml.ts'

/** Nothing but these files, beside a connection `salesforce` to a small org. */
export const makeSalesforceProject = (
  name: string,
  files: NonNullable<FaultProjectOptions['files']>,
  { scale = 0.02 }: Pick<FaultProjectOptions, 'scale'> = {},
) =>
  makeFaultProject({
    alone: true,
    vendors: ['salesforce'],
    scale,
    files: { 'millrace.yaml': sandboxYaml(name, { salesforce: salesforceKeys }), ...files },
  })
