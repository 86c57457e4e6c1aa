import assert from 'node:assert/strict'
import { test } from 'node:test'
import { parse } from 'yaml'
import { yaml } from '../../src/cli/screens/yaml.ts'
import { ipv4Of } from '../../src/core/ip.ts'
import { tell } from './stories.ts'

for (const rows of [0, 1, 255, 256, 257, 1000]) {
  test(`a report of ${rows} rows reads back as it is`, async () => {
    const report = await tell('silent')
    const vips = Array.from({ length: rows }, (_, i) => ({ ...report.vips[i % 5]!, vip: ipv4Of(i) }))
    const long = { ...report, vips }
    assert.deepEqual(parse(yaml(long)), long)
  })
}
