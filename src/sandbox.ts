/** What a simulator's author imports: `import { simulator } from 'millrace/sandbox'`. */
import type { SimulatorDefinition } from './sandbox/contract.ts'

export const simulator = (definition: SimulatorDefinition): SimulatorDefinition => definition

export type {
  Company,
  Day,
  Deal,
  Person,
  Random,
  Refusal,
  SimulatorContext,
  SimulatorDefinition,
  SimulatorStore,
  Staff,
  World,
  WorldEvent,
} from './sandbox/contract.ts'
export type { Fault, FaultKey, ListedFaults } from './sandbox/fault-catalogue.ts'
