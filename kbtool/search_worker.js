// The search worker of Material for MkDocs, with Pagefind in the place of lunr. It takes the place of the theme's own file
// and speaks the same four messages. Nothing is fetched before somebody searches. Titles and texts of results end up in
// innerHTML: whatever comes from an article is escaped here.

"use strict"
const [SETUP, READY, QUERY, RESULT] = [0, 1, 2, 3]
const PAGES = 15 // are listed for a query; each is one small file to fetch
const WORDS = 30 // of an excerpt
const PAUSE = 120 // milliseconds without a key before a query is run

const bundle = new URL("../../../pagefind/", self.location).href
const language = "unknown" // of the edition: kbtool puts it here
let suggesting = false, newest = 0 // number of the last query: only that one is answered
let loaded = null, failure = null // promise of Pagefind; what it could not fetch, which it only writes to the console

const request = self.fetch
self.fetch = async (...args) => {
  try {
    const response = await request(...args)
    if (response.ok) return response
    throw new Error(`${response.status} ${response.url}`)
  } catch (error) {
    failure = error
    throw error
  }
}

// Pagefind asks the page for its language, and a worker has no page.
self.document ??= { querySelector: () => ({ getAttribute: () => language }) }

addEventListener("unhandledrejection", event => event.preventDefault()) // it is in `failure`, or thrown by the search

addEventListener("message", ({ data: { type, data } }) => {
  if (type === SETUP) {
    suggesting = Boolean(data.options?.suggest)
    postMessage({ type: READY })
  } else if (type === QUERY) reply(data.trim())
})

async function reply(query) {
  const turn = ++newest
  if (query) await new Promise(resolve => setTimeout(resolve, query.length > 1 ? PAUSE : 4 * PAUSE))
  if (turn !== newest) return
  const data = query ? await answer(query, turn) : { items: [] }
  if (turn === newest) postMessage({ type: RESULT, data })
}

/** Search; once more from scratch when a file is missing, since a new site may have been published meanwhile. */
async function answer(query, turn) {
  for (const again of [true, false]) {
    try {
      failure = null
      const pages = await search(query)
      if (failure) throw failure
      return result(query, pages)
    } catch (error) {
      loaded = null
      if (again && turn === newest) continue
      console.error(`Search: ${error}`)
    }
  }
  return unavailable(query)
}

async function search(query) {
  loaded ??= load()
  const { results } = await (await loaded).search(query)
  return Promise.all(results.slice(0, PAGES).map(found => found.data()))
}

async function load() {
  const { createInstance } = await import(`${bundle}pagefind.js`)
  const instance = createInstance({ basePath: bundle, baseUrl: "/", ranking: { metaWeights: { title: 5, tags: 5 } } })
  await instance.init()
  return instance
}

function unavailable(query) {
  const text = "The search index could not be loaded. Follow this link to try again."
  return { items: [[{ location: `?q=${encodeURIComponent(query)}`, title: "Search is not available", text, score: 0, terms: {} }]] }
}

// -- from Pagefind's pages to Material's items ---------------------------------------------------------------------------

function result(query, pages) {
  const asked = split(query).filter(word => fold(word))
  const found = pages.map(page => read(page, asked)).filter(page => Object.values(page.terms).includes(true) || !asked.length)
  const items = found.map((page, at) => item(page, found.length - at))
  return suggesting ? { items, suggest: suggest(query, found) } : { items }
}

/** Return what a page says: its words, the matching ones among them, its sections, and which of the query's words it has. */
function read(page, asked) {
  const parted = page.raw_content?.includes("\u200b") // languages without spaces: Pagefind parts their words by this sign
  const words = parted ? page.raw_content.replaceAll("&lt;", "<").replaceAll("&gt;", ">").split("\u200b") : page.content.split(/[\r\n\s]+/)
  const title = page.meta.title || page.url
  const tags = page.meta.tags ? page.meta.tags.split(", ") : []
  const hits = new Map(page.weighted_locations.map(hit => [hit.location, hit.balanced_score]))
  const said = [...split(title), ...tags.flatMap(split), ...[...hits.keys()].map(at => words[at] ?? "")]
  const matched = new Set(said.map(fold).filter(word => word && asked.some(term => related(fold(term), word))))
  return { title, tags, words, hits, matched, joint: parted ? "" : " ", url: page.url.slice(1),
    terms: terms(asked, matched), sections: sections(page, title, hits) }
}

function sections(page, title, hits) {
  const heads = page.anchors.filter(anchor => /^h[2-6]$/.test(anchor.element) && anchor.text?.trim())
  heads.sort((one, other) => one.location - other.location)
  const parts = [{ from: 0, title, hash: "" },
    ...heads.map(head => ({ from: head.location, title: head.text, hash: `#${encodeURIComponent(head.id)}` }))]
  parts.forEach((part, at) => {
    part.to = parts[at + 1]?.from ?? Infinity
    part.weight = 0
    for (const [location, score] of hits) if (location >= part.from && location < part.to) part.weight += score
  })
  return parts
}

/** Return the documents of a page, the best first: Material shows those of the highest score, and folds the others. */
function item(page, rank) {
  const [top, ...parts] = page.sections
  const best = Math.max(0, ...parts.map(part => part.weight))
  const named = Object.keys(page.terms).every(term => split(page.title).some(word => fold(word).includes(fold(term))))
  const whole = named || top.weight >= best
  const head = entry(page, top, rank + (whole ? 0.9 : 0.1))
  const rest = parts.filter(part => part.weight).sort((one, other) => other.weight - one.weight)
    .map(part => entry(page, part, rank + (!whole && part.weight * 2 >= best ? 0.9 : 0.8 * part.weight / best)))
  return whole ? [head, ...rest] : [...rest, head]
}

function entry(page, part, score) {
  const title = pieces(part.title).map(word => page.matched.has(fold(word)) ? mark(word) : escape(word)).join("")
  const found = { location: page.url + part.hash, title, text: excerpt(page, part), score, terms: page.terms }
  return part.hash || !page.tags.length ? found : { ...found, tags: page.tags.map(escape) }
}

/** Return the words of a section with the most matches in a row, without its heading. */
function excerpt({ words, hits, joint }, part) {
  const to = Math.min(part.to, words.length)
  let from = part.from, heading = fold(part.title)
  while (from < to && heading.startsWith(fold(words[from])) && (heading || !fold(words[from]))) heading = heading.slice(fold(words[from++]).length)
  if (heading) from = part.from
  const inside = [...hits.keys()].filter(at => at >= from && at < to).sort((one, other) => one - other)
  const sum = start => inside.reduce((total, at) => total + (at >= start && at < start + WORDS ? hits.get(at) : 0), 0)
  const starts = inside.slice(0, 200).map(at => Math.max(from, Math.min(at - 5, to - WORDS)))
  const start = starts.reduce((best, at) => sum(at) > sum(best) ? at : best, starts[0] ?? from)
  const shown = words.slice(start, Math.min(start + WORDS, to)).map((word, at) => hits.has(start + at) ? mark(word) : escape(word))
  return shown.length ? `<p>${start > from ? "… " : ""}${shown.join(joint)}${start + WORDS < to ? " …" : ""}</p>` : ""
}

// -- words ---------------------------------------------------------------------------------------------------------------

/** Return which words of a query a page has, by what is to be highlighted on it: what was asked for, or another form of it. */
function terms(asked, matched) {
  return Object.fromEntries(asked.flatMap(word => {
    const term = fold(word), forms = [...matched].filter(form => related(term, form))
    const same = !forms.length || forms.some(form => form.includes(term))
    return (same ? [word.replaceAll('"', "").toLowerCase()] : forms.slice(0, 2)).map(form => [form, forms.length > 0])
  }))
}

/** Return whether a word answers to a term. Pagefind falls back to ever shorter words; keys and codes have no other forms. */
function related(term, word) {
  const digits = /\d/.test(term)
  if (word.startsWith(term) || ((digits || term.length > 2) && word.includes(term))) return true
  return !digits && word.startsWith(term.slice(0, 3))
}

/** Return the word that is being typed, completed, in a list; nothing is completed that no result has, or that is a word. */
function suggest(query, pages) {
  const typed = query.split(/[\s-]+/).pop()
  const said = [...pages.flatMap(page => split(page.title)), ...pages.flatMap(page => [...page.matched])]
  const longer = said.flatMap(word => word.split(/[^\p{L}\p{N}\p{M}_]+/u)).filter(word => word.toLowerCase().startsWith(typed.toLowerCase()))
  const done = !typed || longer.some(word => word.length === typed.length)
  return done ? [] : longer.slice(0, 1).map(word => typed + word.slice(typed.length))
}

/** Return the words of a text and what stands between them. */
function pieces(text) {
  if (!["ja", "th", "zh"].includes(language.split("-")[0])) return text.split(/(\s+)/)
  return [...new Intl.Segmenter(language, { granularity: "word" }).segment(text)].map(piece => piece.segment)
}

function split(text) {
  return pieces(text).filter(word => word.trim())
}

/** Return a word as Pagefind compares it: small letters and digits without accents. */
function fold(word) {
  return word.normalize("NFD").replace(/\p{M}/gu, "").toLowerCase().replace(/[^\p{L}\p{N}_]/gu, "")
}

function mark(word) {
  const [, before, core, after] = /^([^\p{L}\p{N}_]*)(.*?)([^\p{L}\p{N}_]*)$/su.exec(word)
  return `${escape(before)}<mark>${escape(core)}</mark>${escape(after)}`
}

function escape(text) {
  return text.replace(/[&<>"']/g, sign => `&#${sign.charCodeAt(0)};`)
}
