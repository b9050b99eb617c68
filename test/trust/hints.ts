// Every hint of the program with a fault that brings it, and what following it gives. A hint that cannot be followed on one machine in
// a moment names the test that does, or says why nothing can be lost by it. A new hint gets a line here.

/** Files of a source tree, by name. */
export type Tree = Readonly<Record<string, string | Buffer>>

/** A fault that is made, and the hint that is followed then. */
export interface FollowedHint {
  /** What the program says, or a part of it. */
  readonly hint: string
  readonly tree: Tree
  /** Flags of the command that meets the fault; `--in` and `--out` are added. */
  readonly fault?: readonly string[]
  /** Flags of the command that follows the hint. */
  readonly follow: readonly string[]
  /** What following it does to the files, where it says that something is to be done to them. */
  readonly mend?: (tree: Tree) => Tree
  /** Values of the source, all of which must be in the target or among the rejects. */
  readonly values: readonly string[]
  /** Rejects that are kept, in place of none. */
  readonly rejects?: number
}

const AB: Tree = { 'f.csv': 'a,b\nv1,v2\n' }
const AB_VALUES = ['v1', 'v2']

export const FOLLOWED: readonly FollowedHint[] = [
  {
    hint: '--to ndjson keeps each record its own names; --max-expansion N (or none) allows more',
    tree: { 'f.ndjson': Array.from({ length: 4500 }, (_, at) => `{"own${at}":"value${at}"}\n`).join('') },
    fault: ['--to', 'csv', '--max-expansion', '2'],
    follow: ['--to', 'ndjson'],
    values: ['own0', 'value0', 'own4499', 'value4499'],
  },
  {
    hint: '--select keeps fewer columns, all of which each record has; --max-expansion N (or none) allows more',
    tree: {
      'f.csv': `${Array.from({ length: 2000 }, (_, at) => `c${at}`).join(',')}\n${'v1,v2\n'.repeat(9000)}`,
    },
    fault: ['--ragged', 'pad', '--to', 'csv', '--max-expansion', '2'],
    follow: ['--ragged', 'pad', '--to', 'csv', '--max-expansion', '2', '--select', 'c0,c1'],
    values: AB_VALUES,
  },
  {
    hint: '--select keeps fewer columns, whose names each record repeats; --max-expansion N (or none) allows more',
    tree: { 'f.csv': `${'x'.repeat(100_000)},b\n${'v1,v2\n'.repeat(200)}` },
    fault: ['--to', 'ndjson', '--max-expansion', '50'],
    follow: ['--to', 'ndjson', '--max-expansion', 'none'],
    values: AB_VALUES,
  },
  {
    hint: "another delimiter fits, with 3 fields in every record: --delim ';'",
    tree: { 'f.csv': 'name;ort;preis\nMeier;Ulm;12,50\nHuber;Wien;3\n' },
    follow: ['--delim', ';'],
    values: ['Meier', 'Ulm', '12,50', 'Huber', 'Wien', '3'],
  },
  {
    hint: 'fields in every record: --delim tab',
    tree: { 'f.csv': 'a\tb\nx,1\ty\nz\tw\n' },
    follow: ['--delim', 'tab'],
    values: ['x,1', 'y', 'z', 'w'],
  },
  {
    hint: 'so a name is missing there: add it to the header, or --skip 1 --no-header takes all fields of such files',
    tree: { 'f.csv': '"mpg","cyl"\n"Mazda RX4",21.5,6\n"Datsun",22.8,4\n' },
    follow: ['--skip', '1', '--no-header', '--select', 'row=column0,mpg=column1,cyl=column2'],
    values: ['Mazda RX4', '21.5', '6', 'Datsun', '22.8', '4'],
  },
  {
    hint: 'add it to the header',
    tree: { 'f.csv': 'mpg,cyl\nMazda,21.5,6\nDatsun,22.8,4\n' },
    mend: (tree) => ({ 'f.csv': `model,${String(tree['f.csv'])}` }),
    follow: [],
    values: ['Mazda', '21.5', '6', 'Datsun', '22.8', '4'],
  },
  {
    hint: 'every record has 1 fields and the header 2: --ragged pad fills up with empty fields',
    tree: { 'f.csv': 'a,b\nv1\nv2\n' },
    follow: ['--ragged', 'pad'],
    values: AB_VALUES,
  },
  {
    hint: 'some records are short: --ragged pad fills them up with empty fields',
    tree: { 'f.csv': 'a,b\nv1\nv2,v3\n' },
    follow: ['--ragged', 'pad'],
    values: ['v1', 'v2', 'v3'],
  },
  {
    hint: "quotes in fields stand behind a backslash: --escape '\\'",
    tree: { 'f.csv': 'a,b\n1,"say \\"hi\\""\n2,"x"\n' },
    follow: ['--escape', '\\'],
    values: ['1', 'say "hi"', '2', 'x'],
  },
  {
    hint: "quotes in fields stand behind a backslash: --escape '\\'",
    tree: { 'f.csv': 'a,b\n1,"say \\" hi"\n2,"x"\n3,"\\""\n' },
    follow: ['--escape', '\\'],
    values: ['1', 'say " hi', '2', 'x', '3'],
  },
  {
    hint: 'blanks stand around quotes: --trim-around-quotes',
    tree: { 'f.csv': 'a,b\n"v1" , "v2"\n' },
    follow: ['--trim-around-quotes'],
    values: AB_VALUES,
  },
  {
    hint: 'quotes seem to mean nothing in this file: --quote none takes them as text',
    tree: { 'f.csv': 'a,b\n"tis so,v1\nv2,v3\n' },
    follow: ['--quote', 'none'],
    values: ['"tis so', 'v1', 'v2', 'v3'],
  },
  {
    hint: 'the first line looks like data: --no-header',
    tree: { 'f.csv': '0.00,0.00,1.00\n0.5,0.25,0.75\n' },
    follow: ['--no-header'],
    values: ['0.00', '1.00', '0.5', '0.25', '0.75'],
  },
  {
    hint: '--duplicate-columns rename gives the second one a number; where the first line is no header: --no-header',
    tree: { 'f.csv': 'name,name\nv1,v2\n' },
    follow: ['--duplicate-columns', 'rename'],
    values: AB_VALUES,
  },
  {
    hint: 'where the first line is no header: --no-header',
    tree: { 'f.csv': 'Ann,Ann\nv1,v2\n' },
    follow: ['--no-header'],
    values: ['Ann', 'v1', 'v2'],
  },
  {
    hint: '--encoding says what the file was written in: often windows-1252',
    tree: { 'f.csv': Buffer.from('na\xefve,b\nv1,v2\n', 'latin1') },
    follow: ['--encoding', 'windows-1252'],
    values: AB_VALUES,
  },
  {
    hint: '--encoding utf-16le',
    tree: { 'f.csv': Buffer.from('a,b\nv1,v2\n', 'utf16le') },
    follow: ['--encoding', 'utf-16le'],
    values: AB_VALUES,
  },
  {
    hint: '--encoding utf-16be',
    tree: { 'f.csv': Buffer.from('\ufeffa,b\nv1,v2\n', 'utf16le').swap16() },
    fault: ['--encoding', 'utf-16le'],
    follow: ['--encoding', 'utf-16be'],
    values: AB_VALUES,
  },
  {
    hint: 'give the right --encoding',
    tree: { 'f.csv': Buffer.from('a,b\n\xe9,v2\n', 'latin1') },
    fault: ['--encoding', 'shift_jis'],
    follow: ['--encoding', 'windows-1252'],
    values: ['é', 'v2'],
  },
  {
    hint: 'check --quote and --escape, and --skip where lines stand before the header',
    tree: { 'f.csv': '"Report" of May\na,b\nv1,v2\n' },
    follow: ['--skip', '1'],
    values: AB_VALUES,
  },
  {
    hint: 'the file looks truncated; --unterminated-quote reject rejects only that record',
    tree: { 'f.csv': 'a,b\nv1,v2\nv3,"v4,"" v5' },
    follow: ['--unterminated-quote', 'reject'],
    values: ['v1', 'v2', 'v3', 'v4', 'v5'],
    rejects: 1,
  },
  {
    hint: 'it looks like one JSON array: --from json reads it, in a run over such files alone',
    tree: { 'f.jsonl': '[\n{"a":"v1"},\n{"a":"v2"}\n]\n' },
    follow: ['--from', 'json'],
    values: AB_VALUES,
  },
  {
    hint: 'it looks like records that span lines: --from json reads it',
    tree: { 'f.ndjson': '{\n  "a": "v1"\n}\n{\n  "a": "v2"\n}\n' },
    follow: ['--from', 'json'],
    values: AB_VALUES,
  },
  {
    hint: 'it has one record a line: --from ndjson reads it and rejects just the bad lines',
    tree: { 'f.json': '{"a":tru}\n{"a":"v1"}\n{"a":"v2"}\n{"a":"v3"}\n' },
    follow: ['--from', 'ndjson'],
    values: ['tru', 'v1', 'v2', 'v3'],
    rejects: 1,
  },
  {
    hint: 'mend the file there: behind a syntax error nobody can say where the next record starts',
    tree: { 'f.json': '[\n{"a":"v1"},\n{"a":NaN}\n]' },
    mend: (tree) => ({ 'f.json': String(tree['f.json']).replace('NaN', 'null') }),
    follow: [],
    values: ['v1'],
  },
  {
    hint: 'it looks like a table: --from csv reads it, in a run over such files alone',
    tree: { 'f.json': 'a,b\nv1,v2\n' },
    follow: ['--from', 'csv'],
    values: AB_VALUES,
  },
  {
    hint: "it looks like a table: --from csv --delim ';' reads it",
    tree: { 'f.ndjson': 'a;b\nv1;v2\n' },
    follow: ['--from', 'csv', '--delim', ';'],
    values: AB_VALUES,
  },
  {
    hint: '--from ndjson reads it, in a run over such files alone (--include); --no-header takes it as csv',
    tree: { 'f.csv': '{"a":"v1","b":"v2"}\n' },
    follow: ['--from', 'ndjson'],
    values: AB_VALUES,
  },
  {
    hint: '--no-header takes it as csv',
    tree: { 'f.csv': '{"a":"v1","b":"v2"}\n' },
    follow: ['--no-header', '--quote', 'none'],
    values: AB_VALUES,
  },
  {
    hint: '--target-name append keeps the old extension in the name',
    tree: { 'f.csv': 'a\nv1\n', 'f.tsv': 'a\nv2\n' },
    follow: ['--target-name', 'append'],
    values: AB_VALUES,
  },
  {
    hint: 'rename one of each two',
    tree: { 'X.json': '{"a":"v1"}', 'x.json': '{"a":"v2"}' },
    mend: (tree) => ({ 'X.json': tree['X.json']!, 'y.json': tree['x.json']! }),
    follow: [],
    values: AB_VALUES,
  },
  {
    hint: '; or leave them to a run of their own, with another --out: --exclude /x.json',
    tree: { 'X.json': '{"a":"v1"}', 'x.json': '{"a":"v2"}' },
    follow: ['--exclude', '/x.json'],
    values: ['v1'],
  },
  {
    hint: '--max-rejects allows more',
    tree: { 'f.csv': 'a,b\nv1\nv2,v3\n' },
    fault: ['--max-rejects', '0'],
    follow: ['--max-rejects', '1'],
    values: ['v1', 'v2', 'v3'],
    rejects: 1,
  },
  {
    hint: '--max-rejects 100% converts the rest all the same and keeps the rejects',
    tree: { 'f.csv': `a,b\nv1,v2\n${'"x"y,1,2,3\n'.repeat(700)}${'"p"q\n'.repeat(700)}` },
    follow: ['--max-rejects', '100%'],
    values: ['v1', 'v2', 'x', 'p'],
    rejects: 1400,
  },
  {
    hint: 'say it with --from, for example --from csv',
    tree: { 'f.txt': 'a,b\nv1,v2\n' },
    fault: ['--others', 'fail'],
    follow: ['--from', 'csv'],
    values: AB_VALUES,
  },
  {
    hint: 'its columns are "a", "b"',
    tree: AB,
    fault: ['--select', 'c'],
    follow: ['--select', 'a,b'],
    values: AB_VALUES,
  },
  {
    hint: 'give targets a quote (--out-quote), another delimiter (--out-delim), or rename the column with --select',
    tree: { 'f.csv': '"a,1",b\nv1,v2\n' },
    fault: ['--to', 'csv', '--out-quote', 'none'],
    follow: ['--to', 'csv', '--out-quote', 'none', '--out-delim', ';'],
    values: AB_VALUES,
  },
  ...(
    [
      ['say --lossy too, or leave --engine out', ['--engine', 'stream'], []],
      ['use --threads', ['--overlap', '2'], ['--threads', '2']],
      [
        'encodings go by WHATWG names: utf-8, utf-16le, windows-1252 ...',
        ['--encoding', 'utf9'],
        ['--encoding', 'utf-8'],
      ],
      ['leave it out of one of them', ['--select', 'a,b', '--drop', 'a'], ['--select', 'a,b']],
      ['choose a text that needs no quotes', ['--to', 'csv', '--nullstr', 'a,b'], ['--to', 'csv', '--nullstr', 'null']],
      ['choose another one', ['--quote', 'tab'], ['--quote', '"']],
      ['give one of them another character, or say --quote none', ['--quote', ','], ['--quote', 'none']],
      ['check --in and the filters, or leave out --error-on-empty', ['--error-on-empty', '--exclude', '*'], []],
    ] as const
  ).map(([hint, fault, follow]) => ({ hint, tree: AB, fault, follow, values: AB_VALUES })),
]

/** Hints that are not followed here: a part of each, and where they are, or why nothing can be lost by them. */
export interface OtherHint {
  readonly hints: readonly string[]
  readonly why: string
  /** The test that follows them. */
  readonly test?: readonly [file: string, title: string]
}

export const ELSEWHERE: readonly OtherHint[] = [
  {
    why: 'the file fails and stays as it is: what is to be done is done to a copy, outside of Drover',
    hints: [
      ': gzip -dc < FILE',
      ': zstd -dc < FILE',
      ': xz -dc < FILE',
      ': bzip2 -dc < FILE',
      ': lz4 -dc < FILE',
      ': 7z x',
      ': unrar x',
      ': lzip -dc < FILE',
      ': xz --format=lzma -dc < FILE',
      ': snzip -dc < FILE',
      ': cabextract',
      'take the file from a copy',
      ': unzip; a workbook',
      ': tar -xf',
      'git lfs pull',
      'export its data as csv first',
      'leave it out with --exclude',
      'decompress it first',
      'turn it into UTF-8 first: iconv',
      'was a page (of a login, of an error)',
      'it looks like a page (HTML or XML)',
      'save the content to a file first',
    ],
  },
  {
    why: 'what is not proved is made again, and proved',
    test: ['test/faults/lost-journal.test.ts', 'a journal that goes while its run works'],
    hints: ['leave .migrate alone while a run works, and run the same command again'],
  },
  {
    why: 'the same command goes on with what is not done, and proves the rest',
    test: ['test/faults/kill-and-resume.test.ts', 'kill'],
    hints: [
      'finished files are kept: catch the error inside of the hook',
      'run the same command again to go on',
      'run the same command again when nothing writes to it',
      'run the same command again, without it or with it back in its place',
      'free some space in the target tree and run the same command again',
      'the quota is used up',
      'check the permissions of the file',
      'check the owner and the attributes',
      'the file system is mounted read-only',
      'raise the limit of open files',
      'the system has as many open files as it allows',
      'the disk reported an error',
      'the target would be larger than',
      'the name is longer than the file system',
      '--task-timeout allows more',
      'a smaller --max-record-size, or fewer --threads',
      'raise the limits of the process',
      'look at the limits of the process',
      'did the sources change meanwhile?',
      'this is a fault of Drover',
    ],
  },
  {
    why: 'it is said of a run that waits for another one, or was overtaken',
    test: ['test/commit/lock.test.ts', 'lock'],
    hints: [
      'another run took it for dead',
      'another run took it over',
      'make sure that no other run is at work there',
      'wait until it ends',
      'find out who works on the target tree',
      'look at the file; if you know that no shard is at work',
      'may join it',
    ],
  },
  {
    why: 'the run is refused before anything is written, and nothing in the way of it is touched',
    test: ['test/plan/check-roots.test.ts', 'link'],
    hints: [
      'give --out a folder outside of the source',
      'put a real folder in its place',
      'move it away',
      'folders and links are never replaced',
      'or say --overwrite to replace them',
      'give --out a folder that exists',
      'name a place that can be written',
      'nothing behind it was touched',
      'nothing of it was touched: unmount it',
      'is a source or a target: name another folder',
    ],
  },
  {
    why: 'a file that was found by itself is data, and this one asks for code: nothing is read of the sources',
    test: ['test/formats/ltsv/ltsv.test.ts', 'is refused where the file was found by itself: it would run code'],
    hints: ['say that you mean it: --config'],
  },
  {
    why: 'wrong use: nothing is converted before the command is another one',
    test: ['test/cli/main.test.ts', 'wrong use is one line and a hint'],
    hints: [
      'for example: ',
      'put the command first',
      'paths are given with --in and --out',
      'commands are',
      'did you mean',
      'migrate --help lists all',
      'its opposite is',
      'it belongs to "migrate',
      'it takes one value: leave one out',
      'targets are written as they are, not compressed: try --out',
      'end the name in one of',
      'pipes, sockets and devices are not written: name a file',
      'name one with --config',
      'add --dry-run, or use',
      'a list is like 1,2,4,8',
      'give a file',
      'leave --engine out',
      'write them into the mapping',
      'name at least one, or leave --select out',
      'columns are given as name or name=source',
      'sizes are like 500',
      'patterns are those of rclone',
      'wildcards are those of a shell',
      'a file of settings has at most',
      'a rule is "+ PATTERN"',
      'listed paths are relative to --in',
      'it was looked for in',
      'the name must end in one of',
      'only a report that was saved as .json',
      'a report is written by',
      'render it with the version of Drover',
      'it was changed, or written by a development version',
      'whoever sees the dashboard',
      'it is the folder below which this machine has both trees',
      'add --cluster URL, or leave it out',
      '--to says what targets become',
    ],
  },
  {
    why: 'the mapping is refused before anything is converted',
    test: ['test/control/read-mapping.test.ts', 'mapping'],
    hints: [
      'leave one of them out',
      'give it "columns" or "drop"',
      'name the columns to keep',
      'give one of them another name',
      'in columns of other types an empty field is null anyway',
      'a column of the source has one type',
      'write "columns" as a list',
      'drop the column of the source that has the name',
      '--select names the columns to keep',
    ],
  },
  {
    why: 'several machines: the tests of shards and of clusters follow them',
    test: ['test/control/shards.test.ts', 'shard'],
    hints: [
      'say which shard this is',
      'the N of auto/N',
      'say it: --shard auto/8',
      'only a Job with completionMode: Indexed',
      'when all shards are done, run the same command once with --prune',
      'list the files once, and give every shard',
      'run that shard once more',
      'the reports are of different divisions',
      'is the report of a whole run, not of a shard',
      'there is no report of a shard',
      ' and … are …',
      'are both of shard',
      'no report of shard',
      'all shards together have',
      'each shard leaves one in',
      'reports of shards are put together by',
    ],
  },
  {
    why: 'a server is needed, and nothing is planned before it answers',
    test: ['test/cluster/refusals.test.ts', 'told at once'],
    hints: [
      'check both in --cluster',
      'give it in --cluster',
      'check what stands behind the last /',
      'Redis: allow it all commands on keys',
      'name the host as the certificate does',
      'leave TLS out of --cluster',
      'check the name of the host in --cluster',
      'check the port of --cluster',
      'check the user in --cluster',
      'check versions and certificates',
      'say rediss:// instead of redis://',
      'say redis:// instead of rediss://',
      '…:// instead, or name another port',
    ],
  },
  {
    why: 'nothing is pruned where it is not sure whose targets these are',
    test: ['test/control/orphans.test.ts', 'prune'],
    hints: [
      'check that it is mounted and that --in and the filters are right',
      'give --in the tree that they were made from',
    ],
  },
  {
    why: 'nothing is replaced before somebody has looked',
    test: ['test/control/proofs.test.ts', 'damaged'],
    hints: ['put that file back from a copy if there is one'],
  },
  {
    why: 'a server and nodes are needed',
    test: ['test/cluster/faults-in-files.test.ts', 'fail'],
    hints: [
      'nodes need the --root of the coordinator',
      'nodes find both trees below their own --root',
      'check that the server runs',
      'look at the memory limit of the nodes',
      'another node converts the shard',
      'use --shard, which needs neither',
      'something else removed it; it is made again',
      'or run on one machine',
      'look at what the nodes say',
    ],
  },
  {
    why: 'a benchmark leaves nothing of what it converts',
    test: ['test/cli/bench-command.test.ts', 'bench'],
    hints: [
      'it has …: say --threads',
      'check --in, the filters and the extensions',
      'migrate run with the same options tells more',
      'give --out a folder that exists and can be written',
      'give --out a folder with more room',
    ],
  },
  {
    why: 'advice on speed, which changes no target',
    test: ['test/report/judge.test.ts', 'advice'],
    hints: ['faster cores, disks or more threads will not help', 'faster cores or disks will not help'],
  },
  {
    why: 'the engine of comparison: the others meet such a fault better',
    test: ['test/data-plane/engine.test.ts', 'stream'],
    hints: ['without --engine stream such a fault'],
  },
]
