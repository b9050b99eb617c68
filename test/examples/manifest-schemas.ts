import { z } from 'zod'

/**
 * Strict schemas of the parts of the Kubernetes and Compose APIs that the examples use, from their references
 * (https://kubernetes.io/docs/reference/kubernetes-api/, version 1.34, and https://github.com/compose-spec/compose-spec). Written here because the
 * published schemas pass keys that they do not know, and a misspelt key is the mistake that an example must not have.
 */

const name = z.string().regex(/^[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?$/)
const labels = z.record(z.string().regex(/^([a-z0-9.-]+\/)?[A-Za-z0-9._-]+$/), z.string())
const metadata = z.strictObject({ name, labels: labels.optional() })
const quantity = z.string().regex(/^\d+(\.\d+)?(m|[KMGTPE]i?)?$/)
const positive = z.number().int().positive()

const containerSecurity = z.strictObject({
  allowPrivilegeEscalation: z.literal(false),
  readOnlyRootFilesystem: z.literal(true),
  capabilities: z.strictObject({ drop: z.tuple([z.literal('ALL')]) }),
})

const container = z.strictObject({
  name,
  image: z.string().regex(/^[a-z0-9./-]+:[\w.-]+$/),
  command: z.array(z.string()).min(1).optional(),
  args: z.array(z.string()).min(1).optional(),
  env: z
    .array(
      z.strictObject({
        name: z.string().regex(/^[A-Z_]+$/),
        valueFrom: z.strictObject({ secretKeyRef: z.strictObject({ name, key: z.string() }) }),
      }),
    )
    .optional(),
  resources: z.strictObject({
    requests: z.strictObject({ cpu: quantity, memory: quantity }),
    limits: z.strictObject({ memory: quantity }),
  }),
  securityContext: containerSecurity,
  volumeMounts: z.array(z.strictObject({ name, mountPath: z.string().startsWith('/') })),
})

const podSpec = z.strictObject({
  restartPolicy: z.enum(['Never', 'OnFailure']).optional(),
  terminationGracePeriodSeconds: positive,
  securityContext: z.strictObject({
    runAsNonRoot: z.literal(true),
    runAsUser: positive,
    runAsGroup: positive,
    fsGroup: positive,
    fsGroupChangePolicy: z.enum(['OnRootMismatch', 'Always']),
    seccompProfile: z.strictObject({ type: z.literal('RuntimeDefault') }),
  }),
  topologySpreadConstraints: z.array(
    z.strictObject({
      maxSkew: positive,
      topologyKey: z.string(),
      whenUnsatisfiable: z.enum(['ScheduleAnyway', 'DoNotSchedule']),
      labelSelector: z.strictObject({ matchLabels: labels }),
    }),
  ),
  containers: z.array(container).min(1),
  volumes: z.array(z.strictObject({ name, persistentVolumeClaim: z.strictObject({ claimName: name }) })),
})

const podTemplate = z.strictObject({ metadata: z.strictObject({ labels }), spec: podSpec })

const exitCodeRule = z.strictObject({
  action: z.enum(['FailJob', 'FailIndex', 'Ignore', 'Count']),
  onExitCodes: z.strictObject({ operator: z.enum(['In', 'NotIn']), values: z.array(positive).min(1) }),
})
const conditionRule = z.strictObject({
  action: z.enum(['FailJob', 'FailIndex', 'Ignore', 'Count']),
  onPodConditions: z.array(z.strictObject({ type: z.string() })).min(1),
})

const JobSchema = z.strictObject({
  apiVersion: z.literal('batch/v1'),
  kind: z.literal('Job'),
  metadata,
  spec: z.strictObject({
    completionMode: z.literal('Indexed'),
    completions: positive,
    parallelism: positive,
    backoffLimitPerIndex: positive,
    maxFailedIndexes: positive,
    podFailurePolicy: z.strictObject({ rules: z.array(z.union([exitCodeRule, conditionRule])) }),
    ttlSecondsAfterFinished: positive,
    // podFailurePolicy demands it.
    template: podTemplate.refine(({ spec }) => spec.restartPolicy === 'Never', {
      error: 'restartPolicy must be Never',
    }),
  }),
})

const ClaimSchema = z.strictObject({
  apiVersion: z.literal('v1'),
  kind: z.literal('PersistentVolumeClaim'),
  metadata,
  spec: z.strictObject({
    accessModes: z.tuple([z.literal('ReadWriteMany')]),
    resources: z.strictObject({ requests: z.strictObject({ storage: quantity }) }),
  }),
})

const DeploymentSchema = z.strictObject({
  apiVersion: z.literal('apps/v1'),
  kind: z.literal('Deployment'),
  metadata,
  spec: z.strictObject({
    replicas: positive,
    selector: z.strictObject({ matchLabels: labels }),
    template: podTemplate,
  }),
})

/** Any of the Kubernetes objects in the examples. */
export const KubernetesSchema = z.discriminatedUnion('kind', [JobSchema, ClaimSchema, DeploymentSchema])

const composeDuration = z.string().regex(/^(\d+(us|ms|s|m|h))+$/)

const service = z.strictObject({
  image: z.string(),
  build: z.strictObject({ context: z.string(), dockerfile: z.string() }).optional(),
  command: z.array(z.string()),
  depends_on: z
    .record(z.string(), z.strictObject({ condition: z.enum(['service_started', 'service_healthy']) }))
    .optional(),
  healthcheck: z
    .strictObject({
      test: z.array(z.string()),
      interval: composeDuration,
      timeout: composeDuration,
      retries: positive,
    })
    .optional(),
  volumes: z.array(z.string().regex(/^[^:]+(:\?[^}]*\})?:\/\w+$/)),
  profiles: z.array(z.string()).optional(),
  restart: z.enum(['no', 'always', 'on-failure', 'unless-stopped']).optional(),
  stop_grace_period: composeDuration.optional(),
  read_only: z.boolean().optional(),
  cap_drop: z.array(z.string()).optional(),
  security_opt: z.array(z.string()).optional(),
})

export const ComposeSchema = z.strictObject({
  name,
  services: z.record(z.string(), service),
  volumes: z.record(z.string(), z.null()),
})
