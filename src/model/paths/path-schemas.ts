import { z } from 'zod'
import { isFolderInside, isPathInside, isPlainName, isTargetInside } from './path-inside.ts'

/** Paths as lines and reports of a tree have them, relative to it. */

/** Something below a tree. */
export const PathInsideSchema = z.string().refine(isPathInside, { error: 'the path does not stay inside its tree' })

/** A target below the target tree. */
export const TargetInsideSchema = z.string().refine(isTargetInside, {
  error: 'the target does not stay inside the target tree',
})

/** A folder of a tree; `.` is the tree itself. */
export const FolderInsideSchema = z.string().refine(isFolderInside, {
  error: 'the folder does not stay inside its tree',
})

/** A name of something beside it. */
export const PlainNameSchema = z.string().refine(isPlainName, { error: 'this is no plain name' })
