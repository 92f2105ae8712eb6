// Yjs itself as the judge: what do these updates make, and what would real editors have produced?

import * as Y from 'yjs'
import { base64, bytes } from './editor.mjs'

const describe = (doc) => ({
  text: doc.getText('content').toString(),
  stateVector: base64(Y.encodeStateVector(doc)),
  update: base64(Y.encodeStateAsUpdate(doc)),
  pending: doc.store.pendingStructs !== null || doc.store.pendingDs !== null,
  order: order(doc)
})

/** The clocks of the text from left to right, deleted ones too: [client, clock, length]. */
const order = (doc) => {
  const runs = []
  for (let item = doc.getText('content')._start; item !== null; item = item.right) {
    runs.push([item.id.client, item.id.clock, item.length])
  }
  return runs
}

/** Apply `updates` in the order given. */
export const apply = ({ updates }) => {
  const doc = new Y.Doc()
  for (const update of updates) {
    Y.applyUpdate(doc, bytes(update))
  }
  return describe(doc)
}

/** What `update` holds beyond `stateVector`. */
export const diff = ({ update, stateVector }) => ({
  update: base64(Y.diffUpdate(bytes(update), bytes(stateVector)))
})

/** Several updates as one; parts that are missing in between become Skip structs. */
export const merge = ({ updates }) => ({ update: base64(Y.mergeUpdates(updates.map(bytes))) })

/** Yjs's own reading of an update: its structs with client, clock and length, and what it deletes. */
export const read = ({ update }) => {
  const { structs, ds } = Y.decodeUpdate(bytes(update))
  return {
    structs: structs.map((struct) => ({
      kind: struct.constructor.name,
      client: struct.id.client,
      clock: struct.id.clock,
      length: struct.length
    })),
    deletes: Array.from(ds.clients, ([client, ranges]) => ({
      client,
      ranges: ranges.map(({ clock, len }) => [clock, len])
    }))
  }
}

/**
 * People typing at the same time, as a script of steps:
 *
 *   {who, at, delete, insert}  edit; `at` and `delete` are fractions of the present text, 0 to 1
 *   {who, from}                take in all that `from` has
 *   {who, undo: true}          undo the last edit of one's own
 *
 * Returns every update in the order in which it was made, who made it, and what all of them
 * together come to, as seen by a document that got them in that order.
 */
export const session = ({ people, script }) => {
  const updates = []
  const docs = people.map((clientID, who) => {
    const doc = new Y.Doc()
    doc.clientID = clientID
    doc.on('update', (update, origin) => {
      if (origin !== 'remote') {
        updates.push({ who, update: base64(update) })
      }
    })
    return doc
  })
  const undo = docs.map(
    (doc, who) =>
      new Y.UndoManager(doc.getText('content'), {
        captureTimeout: 0,
        trackedOrigins: new Set([who])
      })
  )
  for (const step of script) {
    const doc = docs[step.who]
    if (step.from !== undefined) {
      const missing = Y.encodeStateAsUpdate(docs[step.from], Y.encodeStateVector(doc))
      Y.applyUpdate(doc, missing, 'remote')
    } else if (step.undo) {
      undo[step.who].undo()
    } else {
      const content = doc.getText('content')
      const at = between(content, Math.floor(step.at * content.length))
      const end = between(content, at + Math.floor(step.delete * (content.length - at)))
      doc.transact(() => {
        content.delete(at, end - at)
        content.insert(at, step.insert)
      }, step.who)
    }
  }
  const all = new Y.Doc()
  for (const { update } of updates) {
    Y.applyUpdate(all, bytes(update))
  }
  return {
    updates,
    documents: docs.map((doc) => base64(Y.encodeStateAsUpdate(doc))),
    ...describe(all)
  }
}

/** The nearest position at or before `position` that does not split a surrogate pair. */
const between = (content, position) => {
  const code = content.toString().charCodeAt(position)
  return code >= 0xdc00 && code <= 0xdfff && position > 0 ? position - 1 : position
}
