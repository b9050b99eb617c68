/** Blocks of the Gantt chart: a file's height is divided by the shares of its stages. */

export const LANE_HEIGHT = 26

/** Colours a block from top to bottom. @param shares add up to 1, one for each colour. */
export function drawBlock(
  context: CanvasRenderingContext2D,
  place: { readonly left: number; readonly top: number; readonly width: number },
  shares: readonly number[],
  colours: readonly string[],
): void {
  let y = place.top
  for (const [part, share] of shares.entries()) {
    context.fillStyle = colours[part] ?? ''
    context.fillRect(place.left, y, place.width, share * LANE_HEIGHT)
    y += share * LANE_HEIGHT
  }
}

/**
 * The pixels of a lane that blocks of few pixels share. They are added up first and drawn once, so that the cost of drawing depends on
 * the width of the chart and not on the number of files.
 */
export class LanePixels {
  readonly #sums: Float32Array
  readonly #parts: number

  constructor(width: number, parts: number) {
    this.#parts = parts
    this.#sums = new Float32Array(Math.ceil(width + 1) * parts)
  }

  /** Spreads a narrow block over the pixels that it touches. */
  add(left: number, right: number, shares: readonly number[]): void {
    for (let x = Math.floor(left); x < Math.max(right, left + 0.01); x++) {
      const covered = Math.max(0.01, Math.min(right, x + 1) - Math.max(left, x))
      for (const [part, share] of shares.entries()) {
        const slot = x * this.#parts + part
        this.#sums[slot] = (this.#sums[slot] ?? 0) + share * covered
      }
    }
  }

  draw(context: CanvasRenderingContext2D, top: number, colours: readonly string[]): void {
    for (let x = 0; x * this.#parts < this.#sums.length; x++) {
      const sums = this.#sums.subarray(x * this.#parts, (x + 1) * this.#parts)
      let sum = 0
      for (const share of sums) sum += share
      if (sum === 0) continue
      const shares = Array.from(sums, (share) => share / sum)
      drawBlock(context, { left: x, top, width: 1 }, shares, colours)
    }
  }
}
