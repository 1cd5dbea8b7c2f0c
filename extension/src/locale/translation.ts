// The texts in the user's language. JupyterLab's language packs know nothing of this extension, and a prebuilt extension has no
// way to bring one: so the Chinese catalogue comes with it, in a chunk of its own, and is handed to JupyterLab's translator.

import { Gettext, type ITranslator, nullTranslator, type TranslationBundle } from "@jupyterlab/translation";

const DOMAIN = "gradbook";

/** The bundle for our texts, with a catalogue of ours where JupyterLab speaks Chinese. All who load it later get the same. */
export async function loadTexts(translator: ITranslator | null): Promise<TranslationBundle> {
  const source = translator ?? nullTranslator;
  const trans = source.load(DOMAIN);
  const language = source.languageCode.replace("_", "-");
  if (!/^zh\b/i.test(language) || !(trans instanceof Gettext)) return trans;
  const { TEXTS } = await import("./zh-cn.js");
  // a text with a plural has two entries, also where they are the same
  const messages = Object.entries(TEXTS).map(([key, text]) => [
    key,
    typeof text === "string" ? [text] : text,
  ]);
  const header = { language, domain: DOMAIN, pluralForms: "nplurals=1; plural=0;" };
  trans.loadJSON({ ...Object.fromEntries(messages), "": header }, DOMAIN);
  return trans;
}
