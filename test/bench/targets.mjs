// The table of what Drover must reach, on one thread and on two. A benchmark fills in what was measured.

/** At least: how many times as fast as the peer. At most: its time, or what else the row says, as a multiple of the peer's. */
const atLeast = (limit, unit = 'x') => ({ limit, unit, isMet: (value) => value >= limit, sign: '>=' })
const atMost = (limit, unit = 'x') => ({ limit, unit, isMet: (value) => value <= limit, sign: '<=' })

export const TARGETS = [
  { key: 'csvToNdjson', work: 'CSV -> NDJSON strings, against DuckDB all_varchar', one: atLeast(7), two: atLeast(10) },
  { key: 'typed', work: 'CSV -> NDJSON typed by a mapping, against DuckDB typed', one: atLeast(5), two: atLeast(8) },
  { key: 'ndjsonToCsv', work: 'NDJSON -> CSV, against DuckDB', one: atLeast(3.5), two: atLeast(5) },
  {
    key: 'csvToCsv',
    work: 'CSV -> CSV with columns dropped and renamed, against DuckDB',
    one: atLeast(4),
    two: atLeast(6),
  },
  { key: 'stream', work: 'against fast-csv + ndjson (--engine stream, 1 thread)', one: atLeast(60), two: atLeast(100) },
  { key: 'copy', work: 'wall time against `cp` of its own target', one: atMost(2), two: atMost(1.3) },
  { key: 'split', work: 'one large file split, speed against the same bytes as 8 files', two: atLeast(0.9) },
  { key: 'smallFiles', work: 'small files, `--no-fsync`, time against `cp -r`', one: atMost(1.3), two: atMost(0.8) },
  {
    key: 'smallFilesDurable',
    work: 'small files, durable, time against `cp -r` + `sync -f`',
    one: atMost(1.5),
    two: atMost(1.2),
  },
  { key: 'memory', work: 'memory, largest of all runs', one: atMost(130, ' MB'), two: atMost(160, ' MB') },
  { key: 'tinyFile', work: 'a tiny file, start to exit, time against `node -e 0`', one: atMost(3.5) },
  {
    key: 'scaling',
    work: 'scaling 1 -> 2 threads, against a loop of pure arithmetic in the same run',
    two: atLeast(0.9),
  },
]

/** Rows that are no target of their own, but must not hide: the same conversion of the other shapes of data. */
export const OTHER_SHAPES = [
  {
    key: 'csvToNdjsonText',
    work: 'CSV -> NDJSON strings, long texts, against DuckDB',
    one: atLeast(7),
    two: atLeast(10),
  },
  {
    key: 'csvToNdjsonNumeric',
    work: 'CSV -> NDJSON strings, numbers, against DuckDB',
    one: atLeast(7),
    two: atLeast(10),
  },
]
