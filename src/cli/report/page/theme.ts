/** The theme: that of the system, or the one that the reader chose. */

const THEMES = ['system', 'light', 'dark'] as const

/** Lets the button go through the themes. @param onChange called when colours have changed. */
export function offerThemes(button: HTMLElement, onChange: () => void): void {
  let chosen = 0
  button.hidden = false
  button.addEventListener('click', () => {
    chosen = (chosen + 1) % THEMES.length
    const theme = THEMES[chosen] ?? 'system'
    button.textContent = `Theme: ${theme}`
    if (theme === 'system') delete document.documentElement.dataset['theme']
    else document.documentElement.dataset['theme'] = theme
    onChange()
  })
  matchMedia('(prefers-color-scheme: dark)').addEventListener('change', onChange)
}

/** A colour of the style as it is now. */
export function colour(name: string): string {
  return getComputedStyle(document.documentElement).getPropertyValue(`--${name}`).trim()
}
