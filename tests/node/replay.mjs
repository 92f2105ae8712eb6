// Replays a recording of real people through live editors (`traces/README.md` has the format).
//
// Each author has an editor of its own, connected with the stock provider, and a desk: a Y.Doc that
// holds exactly what that author knew at each moment, since positions count in that text. What is
// typed at the desk goes to the editor and from there over the wire. What the other wrote comes to
// the desk when the recording says that it was known, and not before it has really arrived at the
// author's own editor over the wire.
//
// Where both inserted at one place, Yjs puts the lower client id first; the recording put the lower
// agent first. So desks number their clients by agent.

import { readFileSync } from 'node:fs'
import { gunzipSync } from 'node:zlib'
import * as Y from 'yjs'

const FIRST_CLIENT_ID = 1000
/** Transactions typed before the event loop gets a turn: authors pipeline, the wire keeps up. */
const BURST = 50

export const load = (path) => JSON.parse(gunzipSync(readFileSync(path)).toString())

export const replay = async ({ path, milliseconds }, editors) => {
  const trace = load(path)
  const agents = trace.numAgents ?? 1
  if (editors.length !== agents) {
    throw new Error(`${agents} authors need as many editors, not ${editors.length}`)
  }
  const started = performance.now()
  const authors = editors.map((editor, agent) => new Author(editor, agent, agents))
  for (const { agent, known, patches } of causal(trace)) {
    authors[agent].todo.push({ known, patches })
  }
  const wide = trace.txns.some(({ patches }) => patches.some(([, , s]) => /[\ud800-\udfff]/.test(s)))
  let timer
  const tooLate = new Promise((_resolve, reject) => {
    timer = setTimeout(
      () => reject(new Error(`not within ${milliseconds} ms: ${authors.map(String).join('; ')}`)),
      milliseconds
    )
  })
  try {
    await Promise.race([
      Promise.all(authors.map((author) => author.write(authors, wide))),
      tooLate
    ])
  } finally {
    clearTimeout(timer)
    authors.forEach((author) => author.close())
  }
  return {
    transactions: trace.txns.length,
    waits: authors.reduce((sum, { waits }) => sum + waits, 0),
    milliseconds: Math.round(performance.now() - started)
  }
}

/** Each transaction with how many of every agent's transactions it builds on. */
function* causal(trace) {
  const versions = []
  const written = []
  for (const { agent = 0, parents, patches } of trace.txns) {
    const known = []
    if (parents === undefined) {
      known[agent] = written[agent] ?? 0
    }
    for (const parent of parents ?? []) {
      versions[parent].forEach((count, other) => {
        known[other] = Math.max(known[other] ?? 0, count)
      })
    }
    if ((known[agent] ?? 0) !== (written[agent] ?? 0)) {
      throw new Error('an author who does not know their own text')
    }
    yield { agent, known, patches }
    const version = known.slice()
    version[agent] = written[agent] = (written[agent] ?? 0) + 1
    versions.push(version)
  }
}

class Author {
  constructor(editor, agent, agents) {
    this.editor = editor
    this.agent = agent
    this.todo = []
    this.waits = 0
    this.desk = new Y.Doc()
    this.desk.clientID = FIRST_CLIENT_ID + agent
    /** This author's transactions: the update, and what must be there once it has arrived. */
    this.written = []
    /** Of each author's transactions, how many are on this desk, and how many in this editor. */
    this.known = new Array(agents).fill(0)
    this.arrived = new Array(agents).fill(0)
    this.made = []
    this.desk.on('update', (update, origin) => {
      if (origin !== 'remote') {
        this.made.push(update)
        Y.applyUpdate(editor.doc, update, this)
      }
    })
  }

  async write(authors, wide) {
    let burst = 0
    for (const { known, patches } of this.todo) {
      for (const other of authors) {
        if (other !== this) {
          await this.learn(other, known[other.agent] ?? 0)
        }
      }
      this.type(patches, wide)
      burst = (burst + 1) % BURST
      if (burst === 0) {
        await new Promise((resolve) => setImmediate(resolve))
      }
    }
    this.todo.length = 0
  }

  type(patches, wide) {
    const content = this.desk.getText('content')
    this.made = []
    this.desk.transact(() => {
      for (const [position, deleted, inserted] of patches) {
        const text = wide ? content.toString() : ''
        const start = wide ? units(text, position) : position
        const end = wide ? units(text, position + deleted) : position + deleted
        if (end > content.length) {
          throw new Error(`a patch beyond the text: ${start}, ${end}, ${content.length}`)
        }
        content.delete(start, end - start)
        content.insert(start, inserted)
      }
    })
    this.written.push(this.made.map((update) => ({ update, brings: brings(update) })))
  }

  /** Have the first `count` transactions of `other` on the desk, once they are in the editor. */
  async learn(other, count) {
    if (count <= this.known[other.agent]) {
      return
    }
    if (!this.has(other, count)) {
      this.waits += 1
      await this.until(() => this.has(other, count))
    }
    for (let next = this.known[other.agent]; next < count; next += 1) {
      for (const { update } of other.written[next]) {
        Y.applyUpdate(this.desk, update, 'remote')
      }
    }
    this.known[other.agent] = count
  }

  /** Whether `count` transactions of `other` have arrived in this author's editor. */
  has(other, count) {
    let arrived = this.arrived[other.agent]
    while (
      arrived < count &&
      arrived < other.written.length &&
      other.written[arrived].every(({ brings }) => brings.every((part) => holds(this.editor.doc, part)))
    ) {
      arrived += 1
    }
    this.arrived[other.agent] = arrived
    return arrived >= count
  }

  until(condition) {
    return new Promise((resolve) => {
      const check = () => {
        if (condition()) {
          this.editor.doc.off('update', check)
          resolve()
        }
      }
      this.editor.doc.on('update', check)
    })
  }

  close() {
    this.desk.destroy()
  }

  toString() {
    return (
      `author ${this.agent} wrote ${this.written.length}, ` +
      `had ${this.arrived} of the others, still ${this.todo.length - this.written.length} to write`
    )
  }
}

/** What a document holds once it has applied `update`: ranges that exist, ranges that are gone. */
const brings = (update) => {
  const { structs, ds } = Y.decodeUpdate(update)
  const parts = structs.map(({ id, length }) => ({ client: id.client, end: id.clock + length }))
  for (const [client, ranges] of ds.clients) {
    for (const { clock, len } of ranges) {
      parts.push({ client, clock, end: clock + len, deleted: true })
    }
  }
  return parts
}

const holds = ({ store }, { client, clock, end, deleted = false }) => {
  if (Y.getState(store, client) < end) {
    return false
  }
  if (deleted) {
    for (let at = clock; at < end; ) {
      const item = Y.getItem(store, Y.createID(client, at))
      if (!item.deleted) {
        return false
      }
      at = item.id.clock + item.length
    }
  }
  return true
}

/** UTF-16 code units in the first `points` code points of `text`. */
const units = (text, points) => {
  let at = 0
  for (let left = points; left > 0; left -= 1) {
    at += text.codePointAt(at) > 0xffff ? 2 : 1
  }
  return at
}
