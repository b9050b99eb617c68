import type fs from 'node:fs/promises'

/** The calls that change a tree. Passed in so that tests can stop the world between any two of them. */
export type TreeFileSystem = Pick<typeof fs, 'mkdir' | 'open' | 'rename' | 'unlink'>
