/** What the page of a run has beside the style of all pages. */
export const RUN_STYLE = `
.top { flex-wrap: wrap; gap: 8px 20px; }
.top nav { display: flex; flex-wrap: wrap; gap: 4px 18px; margin-left: auto; }
a { color: var(--accent); }
.top nav a[aria-current] { color: var(--text); text-decoration: none; font-weight: 600; }
.button { display: inline-block; padding: 6px 14px; border: 1px solid var(--line); border-radius: 7px; background: var(--card); text-decoration: none; }
.button:hover { background: var(--hover); }
.more { margin: 0 0 20px; }
.subtitle + .more { margin-top: -8px; }
.banner { margin: 20px 0 0; padding: 12px 16px; border: 1px solid var(--io-text); border-left-width: 6px; border-radius: 8px; background: var(--card); overflow-wrap: anywhere; }
.state { display: inline-block; padding: 1px 10px; border: 1px solid var(--line); border-radius: 999px; font-size: 13px; font-weight: 500; letter-spacing: 0; white-space: nowrap; vertical-align: middle; color: var(--muted); }
.state.converting, .state.at-work { color: var(--cpu-text); border-color: currentColor; }
.state.silent, .state.draining, .state.settling { color: var(--io-text); border-color: currentColor; }
.refused { color: var(--io-text); }
.progress p { margin: 0; }
.progress .percent { font-size: 56px; line-height: 1; font-weight: 600; letter-spacing: -.02em; color: var(--accent); margin-bottom: 14px; }
.progress .bar { height: 14px; border-radius: 7px; margin-bottom: 12px; }
.progress .left { color: var(--muted); }
.hero .figures { grid-template-columns: repeat(2, minmax(0, 1fr)); }
.verdict h2 + .kind { margin-top: 8px; }
.verdict .nodes { margin: 4px 0 0; }
.file { display: block; }
pre { margin: 8px 0 0; padding: 12px 16px; background: var(--page); border: 1px solid var(--line); border-radius: 8px; white-space: pre-wrap; overflow-wrap: anywhere; }
[hidden] { display: none; }
@media (max-width: 720px) { .progress .percent { font-size: 44px; } .top nav { order: 3; width: 100%; } }
`
