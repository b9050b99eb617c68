/*
 * Who may import node:fs: storage, which is the way into trees; what reads files of the system and of Drover's own installation; and what reads or
 * writes files that a user names outside of trees: settings, reports, benchmarks.
 */
const ROOMS =
  /^(?:bin|src\/(?:storage|system|bench|report|cli\/(?:report|settings|commands\/bench)|control\/(?:settings|recording)))[/.-]/

/** @param modules paths of those that import node:fs. @returns what is wrong, in words. */
export function findFileSystemFaults(modules) {
  return modules
    .filter((module) => !ROOMS.test(module))
    .map((module) => `${module} imports node:fs: files of trees are read and written through src/storage`)
}
