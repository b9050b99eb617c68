/*
 * Who may read what Drover writes. A target is never more open than its source, and what Drover keeps for itself (rejects are raw records) is
 * for its own user alone. Files and folders get their modes when they are made, so nobody can open one in between.
 */

/** Of rejects and everything else in `.migrate`. */
export const PRIVATE_FILE_MODE = 0o600
/** Of `.migrate` and the folders in it, and of a target folder whose source folder cannot be looked at. */
export const PRIVATE_FOLDER_MODE = 0o700

/** Who is not root reads a source perhaps by its group alone, and must be able to read its own target: to sync it, and to compare it later. */
const OWN_RIGHT = process.geteuid?.() === 0 ? 0 : 0o400

/** Read and write for whom the source has them; the system takes the umask off. What can be executed in one format cannot in another. */
export function targetFileMode(sourceMode: number): number {
  return (sourceMode & 0o666) | OWN_RIGHT
}

/** The mode of the source's folder; the system takes the umask off. The owner keeps all rights, to write into it. */
export function targetFolderMode(sourceMode: number): number {
  return (sourceMode & 0o777) | 0o700
}

/** A copy keeps its mode, but for setuid, setgid and the sticky bit, which `cp` takes off too where the owner may be another one. */
export function copiedFileMode(sourceMode: number): number {
  return (sourceMode & 0o777) | OWN_RIGHT
}
