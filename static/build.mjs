/**
 * Builds the front end: static/src -> static/dist.
 *
 *   node static/build.mjs           the bundle that pages load
 *   node static/build.mjs --tests   the unit tests (static/src/*.test.ts), for `node --test`
 *
 * Entries keep their names (editor.js, editor.css, pages.js, pages.css); what they share or load
 * on demand goes to chunks/ under names with a content hash. A running server never serves a half:
 * files are renamed into place, chunks before the entries that ask for them, and the chunks of
 * earlier builds stay a day for the tabs that are still open.
 */
import { existsSync } from "node:fs";
import { mkdir, readdir, rename, rm, stat, utimes, writeFile } from "node:fs/promises";
import path from "node:path";
import { fileURLToPath } from "node:url";

import * as esbuild from "esbuild";

const here = path.dirname(fileURLToPath(import.meta.url));
const source = path.join(here, "src");
const target = path.join(here, "dist");
/** Says when the sources of the last complete build were read; editor/frontend.py compares. */
const stamp = path.join(target, ".built");
const ENTRIES = ["editor.ts", "editor.css", "pages.ts", "pages.css", "favicon.svg"];
/** Hidden, so that `collectstatic` leaves it out. */
const testTarget = path.join(target, ".tests");
/** How long a chunk outlives the last build that made it, in milliseconds. */
const CHUNK_LIFETIME = 24 * 60 * 60 * 1000;

/** Options that the bundle and the tests share. */
const common = {
  absWorkingDir: path.dirname(here),
  bundle: true,
  format: "esm",
  write: false,
  logLevel: "warning",
};

async function buildPages() {
  const started = new Date();
  const result = await esbuild.build({
    ...common,
    entryPoints: ENTRIES.map((name) => path.join(source, name)).filter(existsSync),
    outdir: target,
    entryNames: "[name]",
    chunkNames: "chunks/[name]-[hash]",
    assetNames: "chunks/[name]-[hash]",
    splitting: true,
    loader: { ".svg": "copy" },
    platform: "browser",
    // What understands light-dark() in CSS.
    target: ["es2022", "chrome123", "firefox120", "safari17.5"],
    minify: true,
    sourcemap: true,
  });
  const chunks = path.join(target, "chunks");
  const isChunk = (file) => file.path.startsWith(chunks + path.sep);
  // A map before its code, chunks before entries: whoever reads in between gets a whole page.
  const inOrder = [
    ...result.outputFiles.filter(isChunk),
    ...result.outputFiles.filter((file) => !isChunk(file)),
  ];
  for (const file of inOrder) await put(file.path, file.contents);
  await removeOld(chunks, new Set(inOrder.map((file) => file.path)), started);
  await put(stamp, "");
  await utimes(stamp, started, started);
  const bytes = inOrder
    .filter((file) => !isChunk(file) && !file.path.endsWith(".map"))
    .map((file) => `${path.basename(file.path)} ${Math.ceil(file.contents.length / 1024)} KiB`);
  console.log(`Built ${bytes.join(", ")} in ${Date.now() - started.getTime()} ms.`);
}

async function buildTests() {
  const tests = (await readdir(source, { recursive: true }))
    .filter((name) => name.endsWith(".test.ts"))
    .map((name) => path.join(source, name));
  await rm(testTarget, { recursive: true, force: true });
  const result = await esbuild.build({
    ...common,
    entryPoints: tests,
    outdir: testTarget,
    platform: "node",
    target: "node20",
    sourcemap: "inline",
  });
  for (const file of result.outputFiles) await put(file.path, file.contents);
}

/** Writes a file so that a reader sees the old or the new one, never a part. */
async function put(file, contents) {
  await mkdir(path.dirname(file), { recursive: true });
  const temporary = path.join(path.dirname(file), `.${path.basename(file)}.${process.pid}`);
  await writeFile(temporary, contents);
  await rename(temporary, file);
}

async function removeOld(folder, current, now) {
  if (!existsSync(folder)) return;
  for (const name of await readdir(folder)) {
    const file = path.join(folder, name);
    if (current.has(file)) continue;
    if (now.getTime() - (await stat(file)).mtimeMs > CHUNK_LIFETIME) await rm(file);
  }
}

try {
  await (process.argv.includes("--tests") ? buildTests() : buildPages());
} catch (error) {
  // esbuild has printed what is wrong with the sources; anything else is ours to print.
  if (!error?.errors) console.error(error);
  process.exitCode = 1;
}
