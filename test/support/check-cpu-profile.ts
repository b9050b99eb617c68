import { expect } from 'vitest'
import { z } from 'zod'

/**
 * Whether DevTools, speedscope and VS Code can load a CPU profile: its form is `Profile` of the Chrome DevTools Protocol, and what refers to
 * a node finds one. See https://chromedevtools.github.io/devtools-protocol/tot/Profiler/#type-Profile
 */

const integer = z.number().int()

const ProfileSchema = z.strictObject({
  nodes: z
    .array(
      z.strictObject({
        id: integer,
        callFrame: z.strictObject({
          functionName: z.string(),
          scriptId: z.string(),
          url: z.string(),
          lineNumber: integer,
          columnNumber: integer,
        }),
        hitCount: integer.nonnegative().optional(),
        children: z.array(integer).optional(),
        deoptReason: z.string().optional(),
        positionTicks: z.array(z.strictObject({ line: integer, ticks: integer })).optional(),
      }),
    )
    .min(1),
  startTime: z.number(),
  endTime: z.number(),
  samples: z.array(integer),
  timeDeltas: z.array(integer),
})

export type CheckedProfile = z.infer<typeof ProfileSchema>

/** @returns the profile, after everything that its readers rely on has been checked. */
export function checkCpuProfile(value: unknown): CheckedProfile {
  const profile = ProfileSchema.parse(value)
  const { nodes, samples, timeDeltas, startTime, endTime } = profile
  const ids = new Set(nodes.map(({ id }) => id))
  expect(ids.size).toBe(nodes.length)
  // A tree: the first node is its root, and every other one is the child of exactly one.
  const children = nodes.flatMap((node) => node.children ?? [])
  expect(new Set(children).size).toBe(children.length)
  expect(new Set(children)).toEqual(new Set(nodes.slice(1).map(({ id }) => id)))
  expect(nodes[0]?.callFrame.functionName).toBe('(root)')
  expect(samples.filter((id) => !ids.has(id))).toEqual([])
  expect(timeDeltas).toHaveLength(samples.length)
  expect(endTime).toBeGreaterThanOrEqual(startTime)
  return profile
}
