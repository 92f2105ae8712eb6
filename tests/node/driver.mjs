// Editors for the tests: JSON lines {id, op, …} in, {id, result} or {id, error} out.
//
// An operation that waits does not hold up the others. tests/clients.py is the other end.

import { createInterface } from 'node:readline'
import * as Y from 'yjs'
import { base64, bytes, Editor } from './editor.mjs'
import * as oracle from './oracle.mjs'
import { load, replay } from './replay.mjs'

// Every provider wants to know when the process ends.
process.setMaxListeners(0)

const editors = new Map()
/** What the libraries had to say; a stock client that complains is a finding. */
const complaints = { error: [], warn: [] }
for (const kind of Object.keys(complaints)) {
  console[kind] = (...words) => complaints[kind].push(words.map(String).join(' '))
}

const editorOf = ({ editor }) => {
  const found = editors.get(editor)
  if (found === undefined) {
    throw new Error(`no editor ${editor}`)
  }
  return found
}

const OPERATIONS = {
  open: ({ editor, ...options }) => {
    editors.set(editor, new Editor(options))
  },
  destroy: ({ editor }) => {
    editorOf({ editor }).destroy()
    editors.delete(editor)
  },
  connect: (request) => editorOf(request).provider.connect(),
  disconnect: (request) => editorOf(request).provider.disconnect(),
  /** As when a network cable is pulled: no close frame, and the provider comes back by itself. */
  drop: (request) => editorOf(request).provider.ws?.terminate(),
  /** Stop reading from the socket, as a tab that was put to sleep. */
  pause: (request) => editorOf(request).provider.ws.pause(),
  resume: (request) => editorOf(request).provider.ws.resume(),
  replace: ({ position, deleted, inserted, ...request }) =>
    editorOf(request).replace(position, deleted, inserted),
  /** One character at a time, each a transaction and a frame of its own. */
  type: ({ position, text, ...request }) => {
    let at = position
    for (const character of text) {
      editorOf(request).replace(at, 0, character)
      at += character.length
    }
  },
  apply: ({ update, ...request }) => Y.applyUpdate(editorOf(request).doc, bytes(update), 'typing'),
  /** A frame by hand, on the provider's own socket. */
  send: ({ frame, ...request }) => editorOf(request).provider.ws.send(bytes(frame)),
  text: (request) => editorOf(request).content.toString(),
  state: (request) => editorOf(request).state(),
  stateVector: (request) => base64(Y.encodeStateVector(editorOf(request).doc)),
  encodeStateAsUpdate: (request) => base64(Y.encodeStateAsUpdate(editorOf(request).doc)),
  setAwareness: ({ state, ...request }) => editorOf(request).awareness.setLocalState(state),
  until: ({ conditions, milliseconds, ...request }) =>
    editorOf(request).until(conditions, milliseconds),
  lasts: ({ milliseconds, ...request }) => editorOf(request).lasts(milliseconds),
  replay: ({ editors: names, ...options }) =>
    replay(
      options,
      names.map((editor) => editorOf({ editor }))
    ),
  endContent: ({ path }) => load(path).endContent,
  complaints: () => ({
    error: complaints.error.splice(0),
    warn: complaints.warn.splice(0)
  }),
  oracle: ({ call, ...options }) => oracle[call](options)
}

const answer = async ({ id, op, ...request }) => {
  try {
    if (!(op in OPERATIONS)) {
      throw new Error(`unknown operation ${op}`)
    }
    return { id, result: (await OPERATIONS[op](request)) ?? null }
  } catch (error) {
    return { id, error: error.message, stack: error.stack }
  }
}

const lines = createInterface({ input: process.stdin })
lines.on('line', async (line) => {
  process.stdout.write(JSON.stringify(await answer(JSON.parse(line))) + '\n')
})
lines.on('close', () => process.exit(0))
