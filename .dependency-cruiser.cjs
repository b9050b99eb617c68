// The layers of docs/architecture.md: imports point down only, stages are blind to each other, and there are no cycles.
const LAYERS = [
  { name: 'bin', path: '^bin/' },
  { name: 'cli', path: '^src/(cli/|index\\.ts$)' },
  { name: 'control plane', path: '^src/(migrate\\.ts$|control/|bench/)' },
  { name: 'engine', path: '^src/run/' },
  { name: 'schedule', path: '^src/(schedule|cluster)/' },
  { name: 'workers', path: '^workers/' },
  {
    name: 'data plane',
    path: '^src/(convert/(?!stream/)|advise/)',
  },
  { name: 'stages', path: '^src/(discover|plan|read|map|write|commit|report|convert/stream|pace)/' },
  { name: 'codecs', path: '^src/codec/' },
  { name: 'storage', path: '^src/storage/' },
  { name: 'options', path: '^src/options/' },
  { name: 'formats', path: '^src/formats/' },
  { name: 'batch and kernels', path: '^src/(batch|kernels)/' },
  { name: 'model', path: '^src/model/' },
  { name: 'errors and system', path: '^src/(errors|system)/' },
]

const upwards = LAYERS.flatMap((layer, index) =>
  index === 0
    ? []
    : [
        {
          name: `${layer.name} imports nothing above it`,
          severity: 'error',
          from: { path: layer.path },
          to: {
            path: LAYERS.slice(0, index)
              .map((above) => above.path)
              .join('|'),
          },
        },
      ],
)

module.exports = {
  forbidden: [
    { name: 'no cycles', severity: 'error', from: {}, to: { circular: true } },
    ...upwards,
    {
      name: 'stages are blind to each other',
      severity: 'error',
      from: { path: '^src/(discover|plan|read|map|write|commit|report|convert/stream|pace)/' },
      to: {
        path: '^src/(discover|plan|read|map|write|commit|report|convert/stream|pace)/',
        pathNot: '^src/$1/',
      },
    },
    {
      name: 'formats share only what lies beside them',
      severity: 'error',
      from: { path: '^src/formats/(csv|ndjson|json|tsv)/' },
      to: { path: '^src/formats/registry\\.ts$' },
    },
    {
      name: 'every module has a layer',
      severity: 'error',
      from: {},
      to: {
        path: '^(src|workers|bin)/',
        pathNot: LAYERS.map((layer) => layer.path),
      },
    },
    {
      name: 'worker threads do not load zod (60 to 110 ms a thread)',
      severity: 'error',
      from: { path: '^workers/' },
      to: { path: 'node_modules/zod', reachable: true },
    },
  ],
  options: {
    doNotFollow: { path: 'node_modules' },
    tsPreCompilationDeps: false,
    tsConfig: { fileName: 'tsconfig.json' },
    enhancedResolveOptions: { exportsFields: ['exports'], conditionNames: ['import', 'node', 'default'] },
  },
}
