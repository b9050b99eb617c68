/*
 * Who may import node:fs: storage, which is the way into trees; what reads files of the system and of Drover's own installation; and what reads or
 * writes files that a user names outside of trees: settings, reports, benchmarks.
 */
const ROOMS =
  /^(?:bin|src\/(?:storage|system|bench|report|cli\/(?:report|settings|commands\/bench)|control\/(?:settings|recording)))[/.-]/

/** Where calls are left that ought to go through storage: how many modules have some, and why. Their number never rises. */
export const LEFT = [
  {
    path: /^src\/(?:discover|read|split|stream|convert|convert-\w+\.ts$|advise)/,
    most: 2,
    reason: 'writes the targets of the stream engine',
  },
  { path: /^src\/write\//, most: 2, reason: 'writes staged targets' },
]

/** @param modules paths of those that import node:fs. @returns what is wrong, in words. */
export function findFileSystemFaults(modules) {
  const others = modules.filter((module) => !ROOMS.test(module))
  const unknown = others.filter((module) => !LEFT.some(({ path }) => path.test(module)))
  return [
    ...unknown.map((module) => `${module} imports node:fs: files of trees are read and written through src/storage`),
    ...LEFT.flatMap(({ path, most, reason }) => {
      const found = others.filter((module) => path.test(module))
      return found.length > most
        ? [`${path.source} (${reason}): ${found.length} modules import node:fs, ${most} were left: ${found.join(', ')}`]
        : []
    }),
  ]
}
