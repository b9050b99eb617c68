import { formatDuration } from '../../terminal/format-quantity.ts'
import type { PageData } from '../../report/html/page-data.ts'
import { LiveChart } from '../../report/page/line-charts.ts'
import { offerThemes } from '../../report/page/theme.ts'
import type { LiveParts } from '../live-parts.ts'

/** What the page of a run does while it is open: it asks how far the run is, and puts what has changed in its place. */

const ASK_MS = 1000
/** A tab that nobody looks at asks less often. */
const ASK_HIDDEN_MS = 10_000
const PATIENCE_MS = 5000

const data = JSON.parse(document.querySelector('#data')?.textContent ?? '') as PageData
const course = document.querySelector<HTMLElement>('#course')
const away = document.querySelector<HTMLElement>('#away')
let chart: LiveChart | null = null
let answeredMs = Date.now()
const shown = new Map<string, string>()

function showChart(next: PageData['charts'][number] | undefined): void {
  if (next === undefined || course === null) return
  course.hidden = next.x.values.length < 2
  if (course.hidden) return
  const place = course.querySelector<HTMLElement>('.plot')
  if (chart !== null) chart.update(next)
  else if (place !== null) chart = new LiveChart(next, place)
}

/** Only what has changed is touched, so that a selection or a scrolled table stays as the reader has it. */
function showParts({ title, parts, chart: next }: LiveParts): void {
  document.title = title
  for (const [id, text] of Object.entries(parts)) {
    const place = document.getElementById(id)
    if (place === null || shown.get(id) === text) continue
    shown.set(id, text)
    const scrolled = [...place.querySelectorAll('.scroll')].map(({ scrollLeft }) => scrollLeft)
    place.innerHTML = text
    for (const [at, box] of [...place.querySelectorAll('.scroll')].entries()) box.scrollLeft = scrolled[at] ?? 0
  }
  showChart(next)
}

const NO_ANSWER = 'The dashboard does not answer. It is started by: migrate dashboard'
const NO_TOKEN = 'The dashboard demands its token: open its address with ?token=... again'

function showNoAnswer(reason: string): void {
  if (away === null) return
  const banner = document.createElement('p')
  banner.className = 'banner'
  banner.setAttribute('role', 'status')
  const age = formatDuration(Math.max(1000, Date.now() - answeredMs))
  banner.textContent = `${reason}. These figures are ${age} old.`
  away.replaceChildren(banner)
  shown.delete('away')
}

async function ask(): Promise<void> {
  try {
    const response = await fetch('/run.json', { cache: 'no-store', signal: AbortSignal.timeout(PATIENCE_MS) })
    if (response.ok) {
      showParts((await response.json()) as LiveParts)
      answeredMs = Date.now()
    } else showNoAnswer(response.status === 401 ? NO_TOKEN : NO_ANSWER)
  } catch {
    showNoAnswer(NO_ANSWER)
  }
  setTimeout(() => void ask(), document.hidden ? ASK_HIDDEN_MS : ASK_MS)
}

showChart(data.charts[0])
void ask()

const themeButton = document.querySelector<HTMLElement>('#theme')
if (themeButton !== null) offerThemes(themeButton, () => chart?.redraw())
