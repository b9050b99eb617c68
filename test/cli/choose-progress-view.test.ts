// Covers: Which view of the progress a terminal, a pipe and the flags get, and how it prints lines.
import { expect, it } from 'vitest'
import { DisplayOptionsSchema } from '../../src/cli/settings/display-options.ts'
import { chooseProgressView } from '../../src/cli/terminal/choose-progress-view.ts'
import { fakeHost } from './fake-host.ts'
import { PLANNED, progressAt } from './sample-events.ts'

type Case = [
  shown: 'a bar' | 'lines' | 'nothing',
  terminal: 'terminal' | 'pipe',
  options: object,
  env?: NodeJS.ProcessEnv,
]

const CASES: readonly Case[] = [
  ['a bar', 'terminal', {}],
  ['lines', 'terminal', {}, { CI: 'true' }],
  ['lines', 'terminal', {}, { TERM: 'dumb' }],
  ['a bar', 'terminal', { progress: true }, { CI: 'true' }],
  ['lines', 'terminal', { progress: false }],
  ['nothing', 'terminal', { quiet: true }],
  ['nothing', 'terminal', { useJsonLog: true }],
  ['lines', 'pipe', {}],
  ['lines', 'pipe', { progress: true }],
  ['nothing', 'pipe', { stats: '0' }],
  ['nothing', 'pipe', { quiet: true }],
]

it.each(CASES)('shows %s on a %s with %j and %j', async (shown, terminal, options, env = {}) => {
  const host = fakeHost([], { terminal, env })
  const view = await chooseProgressView(DisplayOptionsSchema.parse(options), host)
  view.show(PLANNED)
  view.show(progressAt(10_000))
  view.stop()
  const isBar = host.stderr.text.includes('\u2588') || host.stderr.text.includes('\u2591')
  expect(host.stderr.text === '' ? 'nothing' : isBar ? 'a bar' : 'lines').toBe(shown)
})

it.each([
  [{ quiet: true }, 'stopping\n'],
  [{ useJsonLog: true }, ''],
])('with %j a line that is said comes out as %j', async (options, text) => {
  const host = fakeHost([])
  const view = await chooseProgressView(DisplayOptionsSchema.parse(options), host)
  view.say('stopping')
  expect(host.stderr.text).toBe(text)
})
