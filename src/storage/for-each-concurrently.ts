/** Calls at a time. More would not help: Node runs four file system calls at once, and the disk merges their syncs. */
const CONCURRENCY = 8

/**
 * Runs an action on each item, a few at a time. Once the promise resolves all have ended.
 * @param action must not reject: what fails belongs to its item.
 */
export async function forEachConcurrently<T>(items: readonly T[], action: (item: T) => Promise<void>): Promise<void> {
  let next = 0
  const takeTurns = async (): Promise<void> => {
    for (let item = items[next++]; item !== undefined; item = items[next++]) await action(item)
  }
  await Promise.all(Array.from({ length: Math.min(CONCURRENCY, items.length) }, takeTurns))
}
