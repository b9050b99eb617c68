import { closeSync, constants, existsSync, fstatSync, lstatSync, openSync, readlinkSync, realpathSync } from 'node:fs'
import { basename, dirname } from 'node:path'
import { isPromise, type Answer } from '../answer.ts'
import { folderError } from './folder-error.ts'
import type { GuardedTree } from './guarded-tree.ts'
import type { TreeFileSystem } from './tree-file-system.ts'

/*
 * Between a look at a folder and the call that puts something into it somebody can put a link in its place. A folder that is held open cannot
 * be exchanged: `/proc/self/fd/<number>/<name>` leads into that very folder, whatever has its name by then. Where there is no /proc, the look
 * alone must do, and what it cannot see is some microseconds.
 */

/** A folder of a tree, and no link: paths below `path` lead into it. */
export interface HeldFolder {
  readonly path: string
  readonly release: () => void
}

const HOLD = constants.O_RDONLY | (constants.O_DIRECTORY ?? 0) | (constants.O_NOFOLLOW ?? 0)
/** It is a folder, but cannot be opened: no right to list it, or no descriptor left. */
const CANNOT_BE_OPENED = new Set(['EACCES', 'EMFILE', 'ENFILE'])

/** How often a folder is looked for, or made, that somebody makes and removes at the same time. */
const MOST_TRIES = 100

let isProcThere: boolean | undefined

/** Holds the folders of a tree for as long as something is put into them. */
export class FolderHolder {
  readonly #tree: GuardedTree
  readonly #fileSystem: Pick<TreeFileSystem, 'mkdir'>
  #realRoot: string | null = null

  constructor(tree: GuardedTree, fileSystem: Pick<TreeFileSystem, 'mkdir'>) {
    this.#tree = tree
    this.#fileSystem = fileSystem
  }

  /**
   * Holds a folder, whose way from the root of the tree has no link in it.
   * @returns null: it is not there.
   * @throws as GuardedTree does for what is no folder; errors of the system.
   */
  hold(folder: string): HeldFolder | null {
    if (!(isProcThere ??= existsSync('/proc/self/fd'))) return this.#take(folder)
    let descriptor: number | undefined
    for (let tries = 1; descriptor === undefined; tries++) {
      try {
        descriptor = openSync(folder, HOLD)
      } catch (error) {
        const code = (error as NodeJS.ErrnoException).code ?? ''
        if (CANNOT_BE_OPENED.has(code)) return this.#take(folder)
        // Whatever else is there, the look has words for it.
        if (!this.#tree.hasFolder(folder)) return null
        // Else another file of the group has made it in this moment.
        if (code !== 'ENOENT' || tries === MOST_TRIES) throw error
      }
    }
    try {
      const path = `/proc/self/fd/${descriptor}`
      if (readlinkSync(path) !== this.#realPath(folder)) this.#requireSame(descriptor, folder)
      return { path, release: () => closeSync(descriptor) }
    } catch (error) {
      closeSync(descriptor)
      throw error
    }
  }

  /**
   * Holds a folder and makes it first, with those above it, where it is not there. It calls itself for each folder above: the longest path
   * that a system takes has some 2,000.
   * @param modeOf the permissions of a folder that is made.
   * @param onMade told of each folder that got an entry by this: it must be synced for the new one to survive a power cut.
   */
  async holdOrMake(
    folder: string,
    modeOf: (folder: string) => Answer<number>,
    onMade: (changedFolder: string) => void,
  ): Promise<HeldFolder> {
    for (let tries = 1; ; tries++) {
      const held = this.hold(folder)
      if (held !== null) return held
      if (folder === this.#tree.root || tries > MOST_TRIES) throw folderError('ENOENT', folder)
      const above = await this.holdOrMake(dirname(folder), modeOf, onMade)
      try {
        const mode = modeOf(folder)
        await this.#fileSystem.mkdir(`${above.path}/${basename(folder)}`, isPromise(mode) ? await mode : mode)
        onMade(dirname(folder))
      } catch (error) {
        if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error
      } finally {
        above.release()
      }
    }
  }

  #take(folder: string): HeldFolder | null {
    return this.#tree.hasFolder(folder) ? { path: folder, release: () => {} } : null
  }

  /** The root's own way may have links in it, and then the system has another name for all that is below. */
  #realPath(folder: string): string {
    const { root } = this.#tree
    this.#realRoot ??= realpathSync.native(root)
    return this.#realRoot === root ? folder : `${this.#realRoot}${folder.slice(root.length)}`
  }

  /** Another name says nothing yet where names differ by case only, or where the root was moved. */
  #requireSame(descriptor: number, folder: string): void {
    if (folder === this.#tree.root) return
    this.#tree.hasFolder(folder)
    const [held, named] = [fstatSync(descriptor), lstatSync(folder)]
    if (held.dev !== named.dev || held.ino !== named.ino) throw folderError('ESTALE', folder)
  }
}
