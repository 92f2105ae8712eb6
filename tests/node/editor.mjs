// One person's editor as everyone else has it: y-websocket's own provider, unchanged, on a Y.Doc.
//
// Ours around it: a Cookie header (browsers send it by themselves), a count of what was sent and
// what came, and waiting for a condition. Positions are UTF-16 code units, as in every browser.

import * as decoding from 'lib0/decoding'
import * as Y from 'yjs'
import { WebSocket } from 'ws'
import { WebsocketProvider } from 'y-websocket'

const SYNC = 0
const SYNC_STEP_1 = 0
const SAVED = 64

/** Who caused a transaction that this driver makes itself. */
export const TYPING = 'typing'

export const bytes = (base64) => new Uint8Array(Buffer.from(base64, 'base64'))
export const base64 = (array) => Buffer.from(array).toString('base64')

/** A `ws` socket that sends the session's cookie and reports what passes. */
const socketOf = (editor, headers, origin) =>
  class extends WebSocket {
    constructor(url, protocols) {
      super(url, protocols, { headers, origin, perMessageDeflate: false })
      editor.connections += 1
      editor.connectedAt = performance.now()
      editor.sent = 0
      editor.saved = 0
      editor.subprotocol = null
      this.on('open', () => {
        editor.subprotocol = this.protocol
      })
      this.on('close', (code, reason) => {
        editor.closes.push({ code, reason: reason.toString() })
        editor.changed()
      })
      this.on('message', (frame) => {
        editor.received += 1
        editor.receivedBytes += frame.byteLength
        editor.changed()
      })
    }

    send(frame, ...rest) {
      const head = new Uint8Array(frame)
      if (head[0] === SYNC && head[1] !== SYNC_STEP_1) {
        editor.sent += 1
      }
      super.send(frame, ...rest)
    }
  }

export class Editor {
  /**
   * @param {object} options
   * @param {string} options.url      ws://host:port/ws/documents
   * @param {string} options.room     the document's uuid
   * @param {string} [options.cookie] the whole Cookie header
   * @param {string} [options.origin] what a browser would say the page came from
   * @param {string[]} [options.protocols] subprotocols to offer; collab.v1 brings `saved`
   * @param {number} [options.clientID] fixed, where the order of concurrent inserts matters
   * @param {boolean} [options.silent] an awareness of null: nobody to see, nothing to renew
   */
  constructor({ url, room, cookie, origin, protocols = [], clientID, silent = false }) {
    this.connections = 0
    this.sent = 0
    this.saved = 0
    this.received = 0
    this.receivedBytes = 0
    this.closes = []
    this.stopped = null
    this.connectedAt = 0
    this.subprotocol = null
    this.waiting = new Set()
    this.checking = false
    this.doc = new Y.Doc()
    if (clientID !== undefined) {
      this.doc.clientID = clientID
    }
    this.content = this.doc.getText('content')
    this.provider = new WebsocketProvider(url, room, this.doc, {
      connect: false,
      disableBc: true,
      protocols,
      WebSocketPolyfill: socketOf(this, cookie ? { Cookie: cookie } : {}, origin)
    })
    if (protocols.includes('collab.v1')) {
      // What an editor that knows collab.v1 does; the provider has a table for it.
      this.provider.messageHandlers[SAVED] = (_encoder, decoder) => {
        this.saved = decoding.readVarUint(decoder)
      }
    }
    if (silent) {
      this.provider.awareness.setLocalState(null)
    }
    const changed = () => this.changed()
    this.doc.on('update', changed)
    this.provider.awareness.on('change', changed)
    this.provider.on('status', changed)
    this.provider.on('sync', changed)
    this.provider.on('closed', (event) => {
      this.stopped = event
      this.changed()
    })
    this.provider.connect()
  }

  get awareness() {
    return this.provider.awareness
  }

  /** Replace `deleted` code units at `position` by `inserted`, in one transaction. */
  replace(position, deleted, inserted) {
    this.doc.transact(() => {
      if (deleted > 0) {
        this.content.delete(position, deleted)
      }
      if (inserted !== '') {
        this.content.insert(position, inserted)
      }
    }, TYPING)
  }

  /** Everything a test may ask about, but the text. */
  state() {
    return {
      length: this.content.length,
      synced: this.provider.synced,
      connected: this.provider.wsconnected,
      connections: this.connections,
      stopped: this.stopped,
      closes: this.closes,
      sent: this.sent,
      saved: this.saved,
      received: this.received,
      receivedBytes: this.receivedBytes,
      subprotocol: this.subprotocol,
      clientID: this.doc.clientID,
      people: this.people(),
      pending: this.doc.store.pendingStructs !== null || this.doc.store.pendingDs !== null
    }
  }

  people() {
    return Array.from(this.awareness.getStates(), ([client, state]) => ({ client, state }))
  }

  /** Resolve as soon as every given condition holds; reject with what is the case after `timeout`. */
  until(conditions, timeout) {
    return new Promise((resolve, reject) => {
      const waiter = { holds: () => holds(this, conditions), resolve: () => finish(resolve) }
      const timer = setTimeout(
        () =>
          finish(() =>
            reject(
              new Error(
                `not within ${timeout} ms: ${excerpt(conditions)}; ` +
                  `text ${excerpt(this.content.toString())}, state ${JSON.stringify(this.state())}`
              )
            )
          ),
        timeout
      )
      const finish = (settle) => {
        clearTimeout(timer)
        this.waiting.delete(waiter)
        settle()
      }
      this.waiting.add(waiter)
      this.changed()
    })
  }

  /** Resolve when the first connection has lasted so long; reject as soon as it is lost. */
  lasts(milliseconds) {
    return new Promise((resolve, reject) => {
      // Others may have been waited for until after this one's time.
      const left = Math.max(0, this.connectedAt + milliseconds - performance.now())
      const timer = setTimeout(resolve, left)
      this.provider.once('connection-close', () => {
        clearTimeout(timer)
        reject(new Error(`the connection was lost: ${JSON.stringify(this.state())}`))
      })
    })
  }

  /** Look at what is waited for, once after all that one burst of events brings. */
  changed() {
    if (this.checking || this.waiting.size === 0) {
      return
    }
    this.checking = true
    setImmediate(() => {
      this.checking = false
      for (const waiter of Array.from(this.waiting)) {
        if (waiter.holds()) {
          waiter.resolve()
        }
      }
    })
  }

  destroy() {
    this.provider.destroy()
    this.awareness.destroy()
    this.doc.destroy()
  }
}

const holds = (editor, conditions) =>
  Object.entries(conditions).every(([name, wanted]) => CONDITIONS[name](editor, wanted))

const CONDITIONS = {
  text: (editor, wanted) =>
    editor.content.length === wanted.length && editor.content.toString() === wanted,
  lengthAtLeast: (editor, wanted) => editor.content.length >= wanted,
  length: (editor, wanted) => editor.content.length === wanted,
  synced: (editor, wanted) => editor.provider.synced === wanted,
  connected: (editor, wanted) => editor.provider.wsconnected === wanted,
  connections: (editor, wanted) => editor.connections >= wanted,
  stopped: (editor, wanted) => editor.stopped !== null && editor.stopped.code === wanted,
  closed: (editor, wanted) => editor.closes.some(({ code }) => code === wanted),
  /** All that this connection sent is durable. */
  saved: (editor, wanted) => (editor.sent === editor.saved) === wanted,
  savedAtLeast: (editor, wanted) => editor.saved >= wanted,
  received: (editor, wanted) => editor.received >= wanted,
  /** As many states as that, one's own included. */
  people: (editor, wanted) => editor.awareness.getStates().size === wanted,
  /** Somebody's state holds these values at these paths, such as {"user.name": "alice"}. */
  sees: (editor, wanted) =>
    editor
      .people()
      .some(({ state }) =>
        Object.entries(wanted).every(
          ([path, value]) =>
            JSON.stringify(path.split('.').reduce((at, key) => at?.[key], state)) ===
            JSON.stringify(value)
        )
      )
}

const excerpt = (value) => {
  const text = JSON.stringify(value)
  return text.length > 300 ? `${text.slice(0, 150)} … ${text.slice(-150)}` : text
}
