/**
 * Reads Prometheus' text format 0.0.4 and refuses whatever it does not allow.
 * @see https://prometheus.io/docs/instrumenting/exposition_formats/#text-format-details
 */

export interface ReadFamily {
  readonly type: string
  readonly help: string
  readonly samples: { readonly labels: Readonly<Record<string, string>>; readonly value: number }[]
}

const NAME = /^[a-zA-Z_:][a-zA-Z0-9_:]*/
const LABEL = /^\s*([a-zA-Z_][a-zA-Z0-9_]*)\s*=\s*"((?:[^"\\\n]|\\[\\"n])*)"\s*/
const VALUE = /^(?:[+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?|NaN|[+-]Inf)(?: -?\d+)?$/

/** @throws Error that names the line. */
export function readExposition(text: string): Map<string, ReadFamily> {
  if (text !== '' && !text.endsWith('\n')) throw new Error('the last line has no end')
  const families = new Map<string, { type: string; help: string | null; samples: ReadFamily['samples'] }>()
  const series = new Set<string>()
  let current = ''
  for (const line of text.split('\n').slice(0, -1)) {
    const refuse = (why: string): Error => new Error(`${why}: ${line}`)
    const [, keyword, name = '', rest = ''] = /^# (HELP|TYPE) (\S+) (.*)$/.exec(line) ?? []
    if (keyword !== undefined) {
      if (NAME.exec(name)?.[0] !== name) throw refuse('no name of a metric')
      const family = families.get(name) ?? { type: '', help: null, samples: [] }
      if (family.samples.length > 0) throw refuse('HELP and TYPE come before the samples')
      if (keyword === 'HELP') {
        if (family.help !== null) throw refuse('a second HELP')
        if (rest.replaceAll(/\\[\\n]/g, '').includes('\\')) throw refuse('an escape that is none')
        family.help = rest
      } else {
        if (family.type !== '') throw refuse('a second TYPE')
        if (!['counter', 'gauge', 'histogram', 'summary', 'untyped'].includes(rest)) throw refuse('no type')
        family.type = rest
      }
      families.set(name, family)
      current = name
      continue
    }
    if (line === '' || line.startsWith('#')) continue
    const metric = NAME.exec(line)?.[0]
    if (metric === undefined) throw refuse('no sample')
    if (metric !== current) throw refuse('a sample that is not below its HELP and TYPE')
    let left = line.slice(metric.length)
    const labels: Record<string, string> = {}
    if (left.startsWith('{')) {
      left = left.slice(1)
      while (!left.startsWith('}')) {
        const [matched = '', label = '', value = ''] = LABEL.exec(left) ?? []
        if (matched === '') throw refuse('no label')
        if (Object.hasOwn(labels, label)) throw refuse('a label twice')
        labels[label] = value.replaceAll(/\\([\\"n])/g, (_, mark: string) => (mark === 'n' ? '\n' : mark))
        left = left.slice(matched.length)
        if (left.startsWith(',')) left = left.slice(1)
        else if (!left.startsWith('}')) throw refuse('no comma')
      }
      left = left.slice(1)
    }
    if (!left.startsWith(' ') || !VALUE.test(left.trim())) throw refuse('no value')
    const key = `${metric}${JSON.stringify(Object.entries(labels).toSorted(([a], [b]) => (a < b ? -1 : 1)))}`
    if (series.has(key)) throw refuse('a series twice')
    series.add(key)
    families.get(metric)?.samples.push({ labels, value: Number(left.trim().split(' ')[0]?.replace('Inf', 'Infinity')) })
  }
  return new Map([...families].map(([name, { type, help, samples }]) => [name, { type, help: help ?? '', samples }]))
}
