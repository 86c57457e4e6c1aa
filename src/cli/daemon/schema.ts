import type { Kind } from '../values.ts'
import { daemonFlag, FILE_KEYS } from './flags.ts'

/** arpcheck.yaml as JSON Schema, for editors; the program itself says more of a mistake. */
export function configSchema(): object {
  return {
    $schema: 'https://json-schema.org/draft/2020-12/schema',
    title: 'arpcheck.yaml: the settings of arpcheck daemon',
    type: 'object',
    additionalProperties: false,
    properties: Object.fromEntries(
      FILE_KEYS.map(({ name, key }) => {
        const { kind, help, default: preset } = daemonFlag(name)
        return [key, { description: preset === undefined ? help : `${help} (${preset})`, ...formOf(kind) }]
      }),
    ),
  }
}

function formOf({ schema, choices, repeatable }: Kind<unknown>): object {
  const one = choices ? { enum: choices } : (schema ?? { type: 'string', minLength: 1 })
  return repeatable ? { anyOf: [one, { type: 'array', items: one }] } : one
}
