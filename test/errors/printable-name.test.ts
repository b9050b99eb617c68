// Covers: Names of files in messages, whatever bytes they consist of.
import { expect, it } from 'vitest'
import { printableName, printableNameBytes } from '../../src/errors/printable-name.ts'

it.each([
  ['plain.csv', 'plain.csv'],
  ['größe 数.csv', 'größe 数.csv'],
  ['🚀.csv', '🚀.csv'],
  ['line\nfeed', 'line\\x0afeed'],
  ['\u001b[31mred', '\\x1b[31mred'],
  ['tab\tdel\x7f', 'tab\\x09del\\x7f'],
  ['c1\x9b', 'c1\\x9b'],
  ['\u202evsc.exe', '\\u{202e}vsc.exe'],
  ['a\u2028b', 'a\\u{2028}b'],
  ['half\ud83d', 'half\\u{d83d}'],
])('the name %j is shown as %s', (name, shown) => {
  expect(printableName(name)).toBe(shown)
})

it.each([
  [[0x61, 0x2e, 0xc3, 0xa9], 'a.é'],
  [[0x62, 0xff, 0x63], 'b\\xffc'],
  [[0xe2, 0x82], '\\xe2\\x82'],
  [[0xf0, 0x9f, 0x9a, 0x80, 0x80], '🚀\\x80'],
  [[0x0a, 0xfe], '\\x0a\\xfe'],
  [[0xc0, 0xaf], '\\xc0\\xaf'],
])('the name bytes %j are shown as %s', (bytes, shown) => {
  expect(printableNameBytes(Uint8Array.from(bytes))).toBe(shown)
})
