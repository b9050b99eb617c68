import { createHash, timingSafeEqual } from 'node:crypto'
import type { MiddlewareHandler } from 'hono'
import { getCookie, setCookie } from 'hono/cookie'

/*
 * Who may see the dashboard, and with it stop and repeat jobs. A visitor shows the token once in the address, and then by a cookie, so that it
 * stays neither in the address bar nor in the history of other pages. Without a token only this machine is served, and only under its own
 * names: a page of a stranger could otherwise reach it through a name that leads to 127.0.0.1. What changes anything must come from a
 * page of the dashboard itself, or from no page at all.
 */

const COOKIE = 'drover-token'
const OWN_NAMES: ReadonlySet<string> = new Set(['127.0.0.1', 'localhost', '[::1]'])

export function guard(token: string | undefined): MiddlewareHandler {
  return async (context, next) => {
    const { method } = context.req
    if (!SAFE_METHODS.has(method) && !isFromOwnPage((name) => context.req.header(name))) {
      return context.text('Only pages of this dashboard may change anything.\n', 403)
    }
    if (token === undefined) {
      const host = context.req.header('host')?.replace(/:\d+$/, '') ?? ''
      if (!OWN_NAMES.has(host)) return context.text('This dashboard is only served to this machine.\n', 403)
      return next()
    }
    const shown = context.req.query('token')
    if (shown !== undefined && isSame(shown, token)) {
      setCookie(context, COOKIE, token, { httpOnly: true, sameSite: 'Strict', path: '/' })
      return context.redirect(context.req.path)
    }
    const bearer = /^Bearer (.+)$/.exec(context.req.header('authorization') ?? '')?.[1]
    if ([getCookie(context, COOKIE), bearer].some((given) => given !== undefined && isSame(given, token))) return next()
    return context.text('This dashboard demands its token: add ?token=... to the address.\n', 401)
  }
}

const SAFE_METHODS: ReadonlySet<string> = new Set(['GET', 'HEAD', 'OPTIONS'])

/**
 * Browsers say where a request comes from, by Sec-Fetch-Site or at least by Origin, and pages cannot change that. Programs say neither.
 * https://developer.mozilla.org/docs/Web/HTTP/Reference/Headers/Sec-Fetch-Site
 */
function isFromOwnPage(header: (name: string) => string | undefined): boolean {
  const site = header('sec-fetch-site')
  if (site !== undefined && site !== 'same-origin' && site !== 'none') return false
  const origin = header('origin')
  if (origin === undefined) return true
  return URL.canParse(origin) && new URL(origin).host === header('host')
}

/** In the same time wherever the first difference is. */
function isSame(given: string, token: string): boolean {
  return timingSafeEqual(digest(given), digest(token))
}

function digest(text: string): Buffer {
  return createHash('sha256').update(text).digest()
}
