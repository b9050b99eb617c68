import { lstatSync, type BigIntStats } from 'node:fs'
import { lstat } from 'node:fs/promises'
import { setImmediate as nextTurn } from 'node:timers/promises'
import { MigrationError } from '../../errors/migration-error.ts'
import { printableName } from '../../errors/printable-name.ts'
import type { SeenFile } from '../../model/paths/seen-file.ts'
import { describeEntry } from './unsafe-entry.ts'
import type { PlacingFileSystem } from './placing-file-system.ts'

/*
 * Nothing is replaced that the run does not expect. Where the plan saw nothing, a target gets its name by link(), which fails where the name
 * is taken, and then loses its staged name: for an instant one file has two names, and whoever finds both knows it by that. Where the plan saw
 * a file, it is looked at once more and renamed over; so it is, after a look, where there are no hard links.
 * 20,000 targets of 2 KB, ext4, 2026-11-27: rename alone 240 ms, link and unlink 274, a look and rename 292. docs/target-tree.md has the runs.
 */

/** Calls after which it is looked how long they took: those of one commit group. */
const WATCHED_TARGETS = 128
/** On a local disk a target takes some 20 microseconds. */
const SLOW_MS = 2
/** Targets are placed at once for this long, then everything else has its turn. */
const SLICE_MS = 10

/**
 * EXDEV: some file systems (AFS) link within a folder only. ENOSPC: tmpfs counts a second name as another file. Where a rename cannot go there
 * either, it says so.
 */
const NO_HARD_LINKS = new Set(['EPERM', 'ENOTSUP', 'EOPNOTSUPP', 'ENOSYS', 'EMLINK', 'EXDEV', 'ENOSPC', 'EDQUOT'])

/** A target's place. */
export interface TargetPlace {
  /** A path that leads there: that of a held folder. */
  readonly path: string
  /** The name for messages. */
  readonly shown: string
  /** What the plan saw there; null: nothing. */
  readonly seen: SeenFile | null
  /** Files may be replaced, whoever made them (`--overwrite`): never folders or links. */
  readonly orAnyFile: boolean
}

/**
 * Puts staged targets into place. On a local disk that takes less time than to hand it to another thread, so it is done at once. Where it
 * turns out to be slow (a network mount) it is handed on, several at a time, so that neither signals nor the progress wait for it.
 */
export class TargetPlacer {
  readonly #fileSystem: PlacingFileSystem
  readonly #nowMs: () => number
  #areSlow = false
  #watchedMs = 0
  #watchedCount = 0
  #sliceMs = 0

  constructor(fileSystem: PlacingFileSystem, nowMs = () => performance.now()) {
    this.#fileSystem = fileSystem
    this.#nowMs = nowMs
  }

  /**
   * @returns a promise where there is something to wait for.
   * @throws MigrationError TARGET_EXISTS where something else is there: it is not replaced, and the staged file stays. Errors of the system.
   */
  place(staged: string, place: TargetPlace): Promise<void> | undefined {
    if (this.#areSlow) return this.#placeSlowly(staged, place)
    const startMs = this.#nowMs()
    this.#placeAtOnce(staged, place)
    const elapsedMs = this.#nowMs() - startMs
    this.#watch(elapsedMs)
    this.#sliceMs += elapsedMs
    if (this.#sliceMs < SLICE_MS) return undefined
    this.#sliceMs = 0
    return nextTurn()
  }

  #placeAtOnce(staged: string, place: TargetPlace): void {
    const { linkSync, unlinkSync, renameSync } = this.#fileSystem
    if (place.seen !== null || !isNewName(() => linkSync(staged, place.path))) {
      const there = lstatSync(place.path, { bigint: true, throwIfNoEntry: false })
      const isPlaced = this.#isPlaced(staged, place, there)
      if (!isPlaced) return renameSync(staged, place.path)
    }
    try {
      unlinkSync(staged)
    } catch {
      // It goes with all that is staged.
    }
  }

  /** The same, handed on. */
  async #placeSlowly(staged: string, place: TargetPlace): Promise<void> {
    const { link, unlink, rename } = this.#fileSystem
    let isNew = false
    if (place.seen === null) {
      const linking = await link(staged, place.path).then(
        () => null,
        (error: unknown) => ({ error }),
      )
      isNew = isNewName(() => {
        if (linking !== null) throw linking.error
      })
    }
    if (!isNew) {
      const there = await lstat(place.path, { bigint: true }).catch(orNothing)
      if (!this.#isPlaced(staged, place, there)) return rename(staged, place.path)
    }
    await unlink(staged).catch(() => undefined)
  }

  /** Whether what is there is the staged file itself, under its second name. @throws MigrationError where it must not be replaced. */
  #isPlaced(staged: string, { path, shown, seen, orAnyFile }: TargetPlace, there: BigIntStats | undefined): boolean {
    if (there === undefined) return false
    if (there.isFile()) {
      if (there.nlink > 1n && isSameFile(there, staged)) return true
      if (orAnyFile || isAsSeen(there, seen)) return false
    }
    throw strangeTarget(shown, there.isFile() ? null : describeEntry(path, there))
  }

  #watch(elapsedMs: number): void {
    this.#watchedMs += elapsedMs
    if (++this.#watchedCount < WATCHED_TARGETS) return
    this.#areSlow = this.#watchedMs > SLOW_MS * WATCHED_TARGETS
    this.#watchedMs = 0
    this.#watchedCount = 0
  }
}

/** @returns false where the name is taken, or where there are no hard links. */
function isNewName(link: () => void): boolean {
  try {
    link()
    return true
  } catch (error) {
    const code = (error as NodeJS.ErrnoException).code ?? ''
    if (code === 'EEXIST' || NO_HARD_LINKS.has(code)) return false
    throw error
  }
}

function orNothing(error: unknown): undefined {
  if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error
}

/** Left by a kill between link and unlink, or by an answer to the link that was lost on the network. */
function isSameFile(there: BigIntStats, staged: string): boolean {
  const own = lstatSync(staged, { bigint: true, throwIfNoEntry: false })
  return own !== undefined && own.dev === there.dev && own.ino === there.ino
}

function isAsSeen(there: BigIntStats, seen: SeenFile | null): boolean {
  return seen !== null && Number(there.size) === seen.sizeBytes && there.mtimeNs === seen.mtimeNs
}

/** @param kind null: a file. */
function strangeTarget(path: string, kind: string | null): MigrationError {
  const shown = printableName(path)
  return new MigrationError(
    'TARGET_EXISTS',
    kind === null
      ? `something else has made or changed ${shown} since the plan was made: it is not replaced`
      : `${shown} is ${kind} now, which was not there when the plan was made: it is not replaced`,
    {
      phase: 'commit',
      hint:
        kind === null
          ? 'move it away, or say --overwrite to replace it, and run the same command again'
          : 'folders and links are never replaced: move it away, and run the same command again',
    },
  )
}
