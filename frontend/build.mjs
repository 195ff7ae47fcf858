// Builds the scripts and styles into content-hashed files and writes manifest.json, a flat map from the
// plain name a template asks for ("app.js") to the file that carries it ("app-HASH.js").
// Usage: node build.mjs OUTPUT_FOLDER
import { createHash } from "node:crypto";
import { mkdir, readdir, readFile, writeFile } from "node:fs/promises";
import { basename, dirname, extname, join, resolve } from "node:path";
import { fileURLToPath } from "node:url";

import { build } from "esbuild";
import * as sass from "sass";

const here = dirname(fileURLToPath(import.meta.url));
const out = resolve(process.argv[2] ?? join(here, "../tracker/web/static/dist"));

const scss = {
  name: "scss",
  setup(builder) {
    builder.onLoad({ filter: /\.scss$/ }, async ({ path }) => {
      const compiled = await sass.compileAsync(path, {
        style: "expanded",
        loadPaths: [join(here, "node_modules")],
        // Bootstrap 5.3 is written with @import and the older colour functions; the version is pinned,
        // so its deprecation notes would only hide notes about our own files.
        quietDeps: true,
        silenceDeprecations: ["import", "global-builtin", "color-functions", "if-function"],
      });
      return {
        contents: compiled.css,
        loader: "css",
        resolveDir: dirname(path),
        watchFiles: compiled.loadedUrls
          .filter((url) => url.protocol === "file:")
          .map((url) => fileURLToPath(url)),
      };
    });
  },
};

async function copyHashed(path) {
  const bytes = await readFile(path);
  const hash = createHash("sha256").update(bytes).digest("hex").slice(0, 8).toUpperCase();
  const kind = extname(path);
  const name = `${basename(path, kind)}-${hash}${kind}`;
  await writeFile(join(out, name), bytes);
  return [basename(path), name];
}

// The licences of everything that went into the built files travel with them.
async function licences(inputs) {
  const folders = new Set(["node_modules/bootstrap"]);
  for (const input of inputs) {
    const found = /^(?:.*\/)?(node_modules\/(?:@[^/]+\/)?[^/]+)\//.exec(input);
    if (found) folders.add(found[1]);
  }
  const parts = [];
  for (const folder of [...folders].sort()) {
    const about = JSON.parse(await readFile(join(here, folder, "package.json"), "utf8"));
    const file = (await readdir(join(here, folder))).find((name) => /^licen[cs]e/i.test(name));
    const text = file ? await readFile(join(here, folder, file), "utf8") : "";
    parts.push(`${about.name} ${about.version} (${about.license})\n\n${text.trim()}\n`);
  }
  return parts.join(`\n${"-".repeat(72)}\n\n`);
}

await mkdir(out, { recursive: true });
const result = await build({
  absWorkingDir: here,
  entryPoints: { app: "scripts/app.js", editor: "scripts/editor.js" },
  outdir: out,
  bundle: true,
  splitting: true,
  format: "esm",
  target: ["es2022", "safari16", "firefox115"],
  minify: true,
  sourcemap: false,
  metafile: true,
  legalComments: "linked",
  logLevel: "warning",
  entryNames: "[name]-[hash]",
  chunkNames: "part-[hash]",
  assetNames: "[name]-[hash]",
  plugins: [scss],
});

const manifest = {};
for (const [file, meta] of Object.entries(result.metafile.outputs)) {
  if (!meta.entryPoint) continue;
  const entry = basename(meta.entryPoint, extname(meta.entryPoint));
  manifest[`${entry}.js`] = basename(file);
  if (meta.cssBundle) manifest[`${entry}.css`] = basename(meta.cssBundle);
}
const [mark, hashedMark] = await copyHashed(join(here, "images/mark.svg"));
manifest[mark] = hashedMark;
await writeFile(join(out, "LICENCES.txt"), await licences(Object.keys(result.metafile.inputs)));
await writeFile(join(out, "manifest.json"), `${JSON.stringify(manifest, null, 2)}\n`);
