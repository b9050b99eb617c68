import { MigrationError } from '../errors/migration-error.ts'
import { printableName } from '../errors/printable-name.ts'
import { readGiven } from '../errors/read-given.ts'
import { suggestNearest } from '../errors/suggest-nearest.ts'
import type { MigrateHooks } from '../model/events.ts'

const HOOK_NAMES: readonly string[] = ['signal', 'onEvent', 'onDecision'] satisfies (keyof MigrateHooks)[]

/**
 * Runs work with hooks that cannot hurt it. A hook of the caller is called from timers, from listeners of signals and in the middle of
 * commits: what it throws there would end the process, or leave a commit half done. So it is kept, the run is stopped as by a signal, no
 * hook is called any more, and the caller hears of it when the work has ended. The same for the promise of an async hook.
 * @throws MigrationError HOOK_FAILED with what the hook threw as cause; WRONG_USE for hooks that are none.
 */
export async function withGuardedHooks<Result>(
  given: MigrateHooks,
  work: (hooks: MigrateHooks) => Promise<Result>,
): Promise<Result> {
  const { signal, onEvent, onDecision } = readGiven('hooks', () => {
    checkHooks(given)
    return { signal: given.signal, onEvent: given.onEvent, onDecision: given.onDecision }
  })
  if (onEvent === undefined && onDecision === undefined) return work(signal === undefined ? {} : { signal })
  const stop = new AbortController()
  const state: { failure: MigrationError | null; isOver: boolean } = { failure: null, isOver: false }
  const fail = (name: string, cause: unknown): void => {
    // Nobody waits for it any more: it is as unheard as any other promise of the caller.
    if (state.isOver) throw cause
    state.failure ??= hookError(name, cause)
    stop.abort()
  }
  const guard = <Args extends readonly unknown[]>(name: string, hook: (...args: Args) => unknown) => {
    return (...args: Args): void => {
      if (state.failure !== null) return
      try {
        const returned = hook(...args)
        if (returned instanceof Promise) returned.catch((cause: unknown) => fail(name, cause))
      } catch (cause) {
        fail(name, cause)
      }
    }
  }
  try {
    const result = await work({
      signal: signal === undefined ? stop.signal : AbortSignal.any([signal, stop.signal]),
      ...(onEvent === undefined ? {} : { onEvent: guard('onEvent', onEvent) }),
      ...(onDecision === undefined ? {} : { onDecision: guard('onDecision', onDecision) }),
    })
    if (state.failure !== null) throw state.failure
    return result
  } catch (error) {
    // What the work ended with followed from the hook's failure.
    throw state.failure ?? error
  } finally {
    state.isOver = true
  }
}

function hookError(name: string, cause: unknown): MigrationError {
  const reason = cause instanceof Error ? (cause.message.split('\n')[0] ?? '') : String(cause)
  return new MigrationError('HOOK_FAILED', `the hook ${name} threw an error: ${printableName(reason)}`, {
    phase: 'options',
    hint: 'finished files are kept: catch the error inside of the hook, and the same call goes on where this one ended',
    cause,
  })
}

function checkHooks(hooks: unknown): void {
  if (typeof hooks !== 'object' || hooks === null) throw wrongHook('hooks must be an object, like { onEvent }')
  for (const [name, hook] of Object.entries(hooks)) {
    if (!HOOK_NAMES.includes(name)) {
      const nearest = suggestNearest(name, HOOK_NAMES)
      const known = nearest === undefined ? `there are ${HOOK_NAMES.join(', ')}` : `did you mean ${nearest}?`
      throw wrongHook(`unknown hook ${printableName(name)}: ${known}`)
    }
    if (hook === undefined) continue
    if (name === 'signal' && !(hook instanceof AbortSignal)) throw wrongHook('the hook signal must be an AbortSignal')
    if (name !== 'signal' && typeof hook !== 'function') throw wrongHook(`the hook ${name} must be a function`)
  }
}

function wrongHook(message: string): MigrationError {
  return new MigrationError('WRONG_USE', message, { phase: 'options' })
}
