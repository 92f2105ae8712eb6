import type { Text } from "@codemirror/state";

/** Lines that are looked at for their indentation. */
const SAMPLE = 1000;
const DEFAULT = "    ";

/** The text of one indentation step, such as a tab or two spaces, taken from how a text does it. */
export function indentationOf(doc: Text): string {
  let tabs = 0;
  const steps = new Map<number, number>();
  let before = 0;
  let number = 0;
  for (const text of doc.iterLines()) {
    number += 1;
    if (number > SAMPLE) break;
    if (text.trim() === "") continue;
    const lead = /^[ \t]*/.exec(text)?.[0] ?? "";
    if (lead.includes("\t")) {
      tabs += 1;
      continue;
    }
    const step = lead.length - before;
    // One space more is alignment or the star of a comment, more than eight is a table.
    if (step >= 2 && step <= 8) steps.set(step, (steps.get(step) ?? 0) + 1);
    before = lead.length;
  }
  const [step, uses] = [...steps].sort((a, b) => b[1] - a[1])[0] ?? [0, 0];
  if (tabs > uses) return "\t";
  return step === 0 ? DEFAULT : " ".repeat(step);
}
