import { describe, expect, it } from 'vitest'
import { fitScaling } from '../../../src/bench/fit-scaling.ts'
import { renderCsv } from '../../../src/cli/bench/render-csv.ts'
import { renderHtml } from '../../../src/cli/bench/render-html.ts'
import { renderMarkdown } from '../../../src/cli/bench/render-markdown.ts'
import { renderTerminal } from '../../../src/cli/bench/render-terminal.ts'
import type { BenchReport } from '../../../src/model/bench-report.ts'
import { benchReportOf } from '../../bench/bench-report-of.ts'

const HOSTILE = '</style><script>alert(1)</script> | `x` **y**'

/** Four numbers of threads with a model, and a name that is not to be trusted. */
function report(): BenchReport {
  const plain = benchReportOf({ 1: [10, 10.2, 9.9], 2: [5.5], 4: [4], 8: [6], auto: [4.1] })
  const throughput = [1, 2, 4, 8].map((threads, index) => ({ threads, throughput: [100, 182, 250, 167][index]! }))
  return {
    ...plain,
    machine: { ...plain.machine, cpu: HOSTILE },
    kinds: plain.kinds.map((kind) => ({ ...kind, best: '4', model: fitScaling(throughput) })),
  }
}

describe('a benchmark', () => {
  it('on a terminal has a line for each number of threads, and the model with its error', () => {
    const text = renderTerminal(report(), (_, plain) => plain)
    expect(text).toMatch(/^threads +median +mean ± sd/m)
    expect(text).toMatch(/^4 +4\.00 s .* 250 +4\.00 +0\.07 +-$/m)
    expect(text).toMatch(/^Model: Universal Scalability Law, .* best with 4 threads, .* x one thread \(error \d/m)
    expect(text).toMatch(/^auto /m)
  })

  it('as CSV has the same columns in each row', () => {
    const rows = renderCsv(report()).trimEnd().split('\r\n')
    expect(rows).toHaveLength(6)
    expect(new Set(rows.map((row) => row.split(',').length)).size).toBe(1)
    expect(rows[3]).toBe('cpu-bound,,4,1,4,4,0,4,4,4,0,100000000,250,4,0.0666666667,')
  })

  it('as Markdown keeps names from being taken for its own', () => {
    const text = renderMarkdown(report())
    expect(text).not.toContain('<script>')
    expect(text).toContain('\\| \\`x\\` \\*\\*y\\*\\*')
    expect(text).toContain('| **4** | **4.00 s** |')
  })

  it('as a page draws the runs, their medians and the model, and asks for nothing', () => {
    const page = renderHtml(report())
    expect(page).not.toMatch(/<script>alert|https?:/)
    expect(page.match(/<circle /g)).toHaveLength(6)
    expect(page.match(/<polyline class="(measured|model)"/g)).toHaveLength(2)
    expect(page).toMatch(/<tr class="best">\s*<td class="text"[^>]*>4<\/td>/)
    expect(page).toContain('default-src &#39;none&#39;')
  })

  it('of a single number of threads has no curve', () => {
    expect(renderHtml(benchReportOf({ 2: [1] }))).not.toContain('<circle')
  })
})
