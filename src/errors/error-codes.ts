/**
 * Every code that Drover can print, with what it means. The code is the stable name: messages may be reworded, codes may not.
 * docs/errors.md explains each one; a test holds the two together.
 */
export const ERROR_CODES = {
  // Wrong use, found before anything is written.
  WRONG_USE: 'an option or a combination of options is not valid',
  NO_SUCH_SOURCE: 'the source does not exist',
  UNKNOWN_FORMAT: 'the format is not known, or cannot be told from the name',
  CONFIG_INVALID: 'the configuration file cannot be read or does not fit its schema',
  MAPPING_INVALID: 'the mapping cannot be read or does not fit its schema',
  TARGET_INSIDE_SOURCE: 'a target would lie inside the source tree, or be the source itself',
  TARGET_COLLISION: 'two sources would make the same target',
  TARGET_EXISTS: 'a target is already there and no earlier run claims it',
  TARGET_NOT_A_FOLDER: 'the target tree is not a folder',
  TARGET_LINK: 'the target tree holds a symbolic link to a folder on the way to a target',
  NAME_NOT_UTF8: 'a name in the source tree is not valid UTF-8',
  NO_SPACE_LIKELY: 'the targets will probably not fit into the free space',
  THREADS_LOWERED: 'the memory limit allows fewer threads than were asked for',
  EMPTY_SOURCE: 'the source tree holds nothing to convert',
  RUN_ACTIVE: 'another run owns this target tree',
  LOCK_LOST: 'another run took this target tree over while this one was working',
  JOURNAL_FAILED: 'the journal cannot be written, so a commit cannot be proved',
  BENCH_RUN_FAILED: 'a run that was to be measured did not make all its targets',
  RESULTS_DIFFER: 'two runs of the same work made different targets',
  STOPPED: 'the run was stopped before this file was done',
  // One file fails, the others go on.
  SOURCE_MISSING: 'the source file is gone',
  SOURCE_SHORT: 'the source file ended before its size',
  SOURCE_CHANGED: 'the source file changed since the plan was made, or while it was read',
  UNSUPPORTED_ENCODING: 'the source file is in another encoding than the one asked for',
  INVALID_ENCODING: 'the source file holds bytes that are not valid in its encoding',
  MALFORMED_HEADER: 'the header line of a delimited file cannot be parsed',
  DUPLICATE_COLUMN: 'two columns have the same name',
  UNKNOWN_COLUMN: 'a selected or mapped column is not in the file',
  TOO_MANY_COLUMNS: 'the file has more different columns than a table can have',
  UNTERMINATED_QUOTE: 'a quoted field is still open at the end of the file',
  TOO_MANY_REJECTS: 'so many records are rejected that the dialect is probably wrong',
  WORKER_EXIT: 'the worker thread ended in the middle of the file',
  WORKER_OOM: 'the worker thread ran out of memory',
  TIMEOUT: 'the task took longer than --task-timeout',
  UNEXPECTED: 'a fault of Drover itself',
  // One record is rejected, the file goes on.
  TEXT_AFTER_CLOSING_QUOTE: 'text follows the closing quote of a field',
  QUOTE_IN_UNQUOTED_FIELD: 'a quote stands inside an unquoted field',
  FIELD_COUNT: 'the record has too few or too many fields',
  BARE_CR: 'a carriage return stands without a line feed',
  INVALID_UTF8: 'the record is not valid UTF-8',
  RECORD_TOO_LARGE: 'the record is longer than --max-record-size',
  JSON_SYNTAX: 'the text is not valid JSON',
  NOT_AN_OBJECT: 'the JSON value is not an object',
  DUPLICATE_KEY: 'an object has the same key twice',
  LONE_SURROGATE: 'an escape is half of a surrogate pair',
  CONTROL_CHARACTER: 'a string holds a raw control character',
  NESTING_TOO_DEEP: 'values are nested deeper than --max-nesting',
  CAST: 'a value does not fit the type of its column',
  FLATTEN_COLLISION: 'two paths of nested keys meet in one column',
  UNREPRESENTABLE: 'the target dialect cannot express the value',
} as const

/** A code of Drover's own. Errors of the system keep the name of their errno instead (`ENOSPC`, `EIO`). */
export type ErrorCode = keyof typeof ERROR_CODES
