// Covers: What the first and the second signal do, without a process.
import { EventEmitter } from 'node:events'
import { expect, it } from 'vitest'
import { watchSignals } from '../../src/cli/signals.ts'

function watch() {
  const source = new EventEmitter()
  const told: unknown[] = []
  const watched = watchSignals(
    source,
    (signal) => void told.push(signal),
    (exitCode) => void told.push(exitCode),
  )
  return { source, told, watched }
}

it.each(['SIGINT', 'SIGTERM', 'SIGHUP'] as const)('aborts at the first %s with its name as reason', (name) => {
  const { source, told, watched } = watch()
  source.emit(name)
  expect([watched.signal.aborted, watched.signal.reason, watched.received, told]).toEqual([true, name, name, [name]])
})

it.each([
  ['SIGINT', 'SIGINT', 130],
  ['SIGTERM', 'SIGTERM', 143],
  ['SIGHUP', 'SIGHUP', 143],
  ['SIGTERM', 'SIGINT', 130],
])('after %s a %s ends at once with %i', (first, second, exitCode) => {
  const { source, told } = watch()
  source.emit(first)
  source.emit(second)
  expect(told).toEqual([first, exitCode])
})

it('has aborted nothing before a signal comes', () => {
  const { watched } = watch()
  expect([watched.signal.aborted, watched.received]).toEqual([false, null])
})

it('takes its listeners away', () => {
  const { source, watched } = watch()
  watched.stop()
  expect(source.eventNames()).toEqual([])
})
