import { load } from 'js-yaml'
import { at, list, rawOf, text, texts } from '../raw.ts'

/** `config.json` of ConfigMap metallb-memberlist-config, as it stands. */
export function memberlistConfigOf(configMap: unknown): string | null {
  return text(at(configMap, 'data', 'config.json'))
}

/** The regular expressions of ConfigMap metallb-excludel2, whose one value is a YAML file. */
export function excludedInterfacesOf(configMap: unknown): readonly string[] {
  const files = Object.values(rawOf(at(configMap, 'data')))
  return files.flatMap((file) => texts(at(yaml(file), 'announcedInterfacesToExclude')))
}

function yaml(file: unknown): unknown {
  try {
    return typeof file === 'string' ? load(file) : null
  } catch {
    return null
  }
}

/** Field names of `spec` in the CRD's newest served schema. */
export function specFieldsOf(crd: unknown): readonly string[] | null {
  const served = list(at(crd, 'spec', 'versions')).filter((version) => at(version, 'served') === true)
  const version = served.find((entry) => at(entry, 'storage') === true) ?? served[0]
  const properties = at(version, 'schema', 'openAPIV3Schema', 'properties', 'spec', 'properties')
  return typeof properties === 'object' && properties !== null ? Object.keys(properties) : null
}
