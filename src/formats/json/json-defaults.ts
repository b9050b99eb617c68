/** The defaults of JSON and NDJSON files, as a user would type them: here and nowhere else. Plain, since the help loads no schema. */
export const JSON_DEFAULTS = { maxNesting: 512, duplicateKeys: 'reject' } as const
