import { LanguageDescription, type LanguageSupport } from "@codemirror/language";
import { languages } from "@codemirror/language-data";

/** What a document is written in. */
export interface DocumentLanguage {
  name: string;
  /** The highlighting; null for plain text, and when it could not be loaded. */
  support: LanguageSupport | null;
}

/** The language that a file name says; its code is loaded now if it was not needed before. */
export async function languageOf(fileName: string): Promise<DocumentLanguage> {
  const description = LanguageDescription.matchFilename(languages, fileName.trim());
  if (description === null) return { name: "Plain text", support: null };
  try {
    return { name: description.name, support: await description.load() };
  } catch (error) {
    // Offline, or the server has a newer build: the text can be edited all the same.
    console.warn(`The language ${description.name} could not be loaded`, error);
    return { name: description.name, support: null };
  }
}
