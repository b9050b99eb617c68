import { seededRandom } from '../faults/source-tree.ts'

/**
 * Sizes as file trees have them: log-normal, most of some kilobytes and a few of hundreds of megabytes (J. R. Douceur and W. J. Bolosky, A
 * Large-Scale Study of File-System Contents, 1999). The same seed gives the same sizes.
 */
export function heavyTailedSizes(count: number, seed: number, medianBytes = 32_768, sigma = 2.2): Float64Array {
  const random = seededRandom(seed)
  return Float64Array.from({ length: count }, () => {
    // Box and Muller: two even numbers make one normal one.
    const normal = Math.sqrt(-2 * Math.log(1 - random())) * Math.cos(2 * Math.PI * random())
    return Math.round(medianBytes * Math.exp(sigma * normal))
  })
}
