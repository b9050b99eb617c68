import { z } from 'zod'
import { csvPlanSettings } from '../formats/csv/csv-plan-settings.ts'
import type { CsvSettings } from '../formats/csv/csv-settings.ts'
import { jsonPlanSettings } from '../formats/json/json-plan-settings.ts'
import type { DataPlan } from '../model/data-plan.ts'
import { readFormatOptions } from './format-option.ts'
import type { ResolvedOptions } from './options.ts'

/** What formats find in the plan: of those in this repository what their folders make of the options, of others the text of their own ones. */
type FormatSettings = DataPlan['formats']

/** The settings of a plan that comes from a file. */
export const FormatSettingsSchema: z.ZodType<FormatSettings> = z
  .object({ csv: csvPlanSettings.schema, json: jsonPlanSettings.schema })
  .catchall(z.record(z.string(), z.string()))

type MadeSettings = FormatSettings & { readonly csv: CsvSettings }

/** @param hasTables whether targets are tables. */
export function makeFormatSettings(options: ResolvedOptions, hasTables: boolean): MadeSettings {
  return {
    csv: csvPlanSettings.make(options, hasTables),
    json: jsonPlanSettings.make(options),
    ...readFormatOptions(options.formatOption),
  }
}

/**
 * Looks for combinations of a format's options that no schema of single options can see.
 * @param reservedInNullText of the format of targets. @throws MigrationError WRONG_USE
 */
export function checkFormatSettings({ csv }: MadeSettings, reservedInNullText: readonly number[]): void {
  csvPlanSettings.check(csv, reservedInNullText)
}
