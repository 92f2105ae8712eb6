import { HighlightStyle, syntaxHighlighting } from "@codemirror/language";
import type { Extension } from "@codemirror/state";
import { EditorView } from "@codemirror/view";
import { tags as t } from "@lezer/highlight";

/** The look of the editor; every colour is a custom property of base.css or editor.css. */
const look = EditorView.theme({
  "&": {
    height: "100%",
    color: "var(--text)",
    backgroundColor: "var(--code-bg)",
    fontSize: "var(--code-size)",
  },
  "&.cm-focused": { outline: "none" },
  ".cm-scroller": { fontFamily: "var(--font-mono)", lineHeight: "1.6" },
  ".cm-content": { caretColor: "var(--accent)", padding: "var(--space-3) 0 40vh" },
  ".cm-line": { padding: "0 var(--space-4) 0 var(--space-2)" },
  ".cm-cursor, .cm-dropCursor": { borderLeft: "2px solid var(--accent)", marginLeft: "-1px" },
  "&.cm-focused > .cm-scroller > .cm-selectionLayer .cm-selectionBackground, .cm-selectionBackground":
    { backgroundColor: "var(--code-selection)" },
  ".cm-gutters": {
    backgroundColor: "var(--code-bg)",
    color: "var(--code-gutter)",
    border: "none",
    paddingLeft: "var(--space-2)",
  },
  ".cm-lineNumbers .cm-gutterElement": { minWidth: "2.5ch", padding: "0 var(--space-1)" },
  ".cm-foldGutter .cm-gutterElement": { padding: "0 var(--space-1)", cursor: "pointer" },
  ".cm-activeLine": { backgroundColor: "var(--code-active-line)" },
  ".cm-activeLineGutter": { backgroundColor: "transparent", color: "var(--text)" },
  "&.cm-focused .cm-matchingBracket": {
    backgroundColor: "var(--code-match)",
    outline: "1px solid var(--border-strong)",
  },
  "&.cm-focused .cm-nonmatchingBracket": { backgroundColor: "var(--danger-soft)" },
  ".cm-selectionMatch": { backgroundColor: "var(--code-match)" },
  ".cm-searchMatch": {
    backgroundColor: "var(--code-found)",
    outline: "1px solid var(--border-strong)",
  },
  ".cm-searchMatch.cm-searchMatch-selected": { backgroundColor: "var(--code-found-here)" },
  ".cm-foldPlaceholder": {
    backgroundColor: "var(--bg-sunken)",
    border: "1px solid var(--border-strong)",
    color: "var(--text-muted)",
    padding: "0 var(--space-1)",
  },
  ".cm-specialChar": { color: "var(--danger)" },
  ".cm-panels": {
    backgroundColor: "var(--bg-raised)",
    color: "var(--text)",
    fontFamily: "var(--font-ui)",
  },
  ".cm-panels.cm-panels-top": { borderBottom: "1px solid var(--border)" },
  ".cm-panels.cm-panels-bottom": { borderTop: "1px solid var(--border)" },
  ".cm-tooltip": {
    backgroundColor: "var(--bg-raised)",
    border: "1px solid var(--border)",
    borderRadius: "var(--radius)",
    boxShadow: "var(--shadow-high)",
    overflow: "hidden",
  },
  ".cm-tooltip-autocomplete > ul": { fontFamily: "var(--font-mono)" },
  ".cm-tooltip-autocomplete > ul > li[aria-selected]": {
    backgroundColor: "var(--accent)",
    color: "var(--accent-text)",
  },
});

const highlight = HighlightStyle.define([
  { tag: [t.keyword, t.modifier, t.operatorKeyword], color: "var(--code-keyword)" },
  { tag: [t.controlKeyword, t.moduleKeyword], color: "var(--code-keyword)" },
  { tag: [t.string, t.special(t.string), t.character], color: "var(--code-string)" },
  { tag: [t.regexp, t.escape], color: "var(--code-escape)" },
  { tag: t.comment, color: "var(--code-comment)", fontStyle: "italic" },
  { tag: t.meta, color: "var(--code-comment)" },
  { tag: [t.number, t.bool, t.null, t.atom, t.self, t.unit], color: "var(--code-number)" },
  {
    tag: [t.function(t.variableName), t.function(t.propertyName), t.macroName],
    color: "var(--code-function)",
  },
  { tag: [t.definition(t.variableName), t.definition(t.propertyName)], color: "var(--code-name)" },
  { tag: [t.typeName, t.className, t.namespace, t.standard(t.name)], color: "var(--code-type)" },
  { tag: [t.tagName, t.angleBracket], color: "var(--code-keyword)" },
  { tag: [t.attributeName, t.propertyName, t.labelName], color: "var(--code-property)" },
  { tag: [t.attributeValue, t.color], color: "var(--code-string)" },
  { tag: t.heading, fontWeight: "600", color: "var(--code-keyword)" },
  { tag: t.emphasis, fontStyle: "italic" },
  { tag: t.strong, fontWeight: "600" },
  { tag: t.strikethrough, textDecoration: "line-through" },
  { tag: [t.link, t.url], color: "var(--accent)", textDecoration: "underline" },
  { tag: t.inserted, color: "var(--ok)" },
  { tag: [t.deleted, t.invalid], color: "var(--danger)" },
]);

/** Colours and type of the editor, in light and in dark. */
export function theme(): Extension {
  return [look, syntaxHighlighting(highlight)];
}
