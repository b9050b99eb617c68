import { setTimeout as sleep } from 'node:timers/promises'
import { describe, expect, it } from 'vitest'
import { drawProgress } from '../../src/cli/terminal/draw-progress.ts'
import { keepText } from './fake-host.ts'
import { FILE_FAILED, PLANNED, progressAt } from './sample-events.ts'

const HIDE_CURSOR = '\u001b[?25l'
const SHOW_CURSOR = '\u001b[?25h'
const WRAP_LINES = '\u001b[?7h'

/** Waits for what the drawing shows, which follows a timer of its library. */
async function waitFor(stream: { readonly text: string }, text: string): Promise<void> {
  while (!stream.text.includes(text)) await sleep(5)
}

describe('a drawing', () => {
  it('shows bytes, files, rate and time left in one line', async () => {
    const stream = keepText('terminal')
    const view = drawProgress(stream, 0)
    view.show(PLANNED)
    view.show(progressAt(2000))
    await waitFor(stream, ' 20 % | 20.0 MB of 100 MB | 1 of 4 files | 10.0 MB/s | ETA 8.00 s')
    view.stop()
    expect(stream.text).not.toContain('a/b.csv')
  })

  it('never shows more than there is, and neither 100 % nor a time while files are left', async () => {
    const stream = keepText('terminal')
    const view = drawProgress(stream, 0)
    view.show(PLANNED)
    view.show(progressAt(10_000, { doneFiles: 3, readBytes: 116_000_000 }))
    await waitFor(stream, ' 99 % | 100 MB of 100 MB | 3 of 4 files | 10.0 MB/s | ETA ?')
    view.stop()
    expect(stream.text).not.toContain('116 MB')
  })

  it('counts the threads of a node', async () => {
    const stream = keepText('terminal')
    const view = drawProgress(stream, 0)
    view.show(PLANNED)
    const node = { name: 'one', threads: 1, megabytesPerSecond: 3, verdict: null, files: [] }
    view.show(progressAt(2000, { nodes: [node, { ...node, name: 'two', threads: 2 }] }))
    await waitFor(stream, 'one  1 thread, 3.00 MB/s')
    await waitFor(stream, 'two  2 threads, 3.00 MB/s')
    view.stop()
    expect(stream.text).not.toContain('1 threads')
  })

  it('has a line for each thread with -v, and no control character of a name', async () => {
    const stream = keepText('terminal')
    const view = drawProgress(stream, 1)
    view.show(PLANNED)
    view.show(progressAt(2000, { threads: [{ file: '\u001b[2Jx.csv', readBytes: 1, sizeBytes: 4 }, null] }))
    await waitFor(stream, '  1  25 % of 4 B  \\x1b[2Jx.csv')
    await waitFor(stream, '  2   - % of -  idle')
    view.stop()
    expect(stream.text).not.toContain('\u001b[2Jx.csv')
  })

  it('has no more lines than the terminal', async () => {
    const stream = keepText('terminal')
    const view = drawProgress(stream, 1)
    view.show({ ...PLANNED, threads: 64 })
    await waitFor(stream, '  7   - %')
    view.stop()
    expect(stream.text).not.toContain('  8   - %')
  })

  it('gives the cursor and line wrapping back, once', () => {
    const stream = keepText('terminal')
    const view = drawProgress(stream, 0)
    view.show(PLANNED)
    expect(stream.text).toContain(HIDE_CURSOR)
    view.stop()
    view.stop()
    expect(stream.text.split(SHOW_CURSOR)).toHaveLength(2)
    expect(stream.text.lastIndexOf(WRAP_LINES)).toBeGreaterThan(0)
  })

  it('prints what was said just before it ended', () => {
    const stream = keepText('terminal')
    const view = drawProgress(stream, 2)
    view.show(PLANNED)
    view.say('stopping')
    view.show(FILE_FAILED)
    view.stop()
    expect(stream.text).toContain('stopping')
    expect(stream.text).toContain('failed a/\\x1b[31mbad.csv')
  })

  it('says things before anything is drawn', () => {
    const stream = keepText('terminal')
    const view = drawProgress(stream, 0)
    view.say('hello')
    view.stop()
    expect(stream.text).toBe('hello\n')
  })

  it('draws nothing where there is nothing to convert', () => {
    const stream = keepText('terminal')
    const view = drawProgress(stream, 0)
    view.show({ ...PLANNED, fileCount: 0, totalBytes: 0 })
    view.show(progressAt(10, { readBytes: 0 }))
    view.stop()
    expect(stream.text).toBe('')
  })
})
