import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { svelte } from '@sveltejs/vite-plugin-svelte';
import type { Plugin } from 'vite';
import { defineConfig } from 'vitest/config';

/** Writes licences.txt: the texts of all packages of which something is in the bundle. One without a text ends the build. */
function licences(): Plugin {
  return {
    name: 'licences',
    generateBundle() {
      const packages = new Set<string>();
      for (const id of this.getModuleIds()) {
        const found = /^.*\/node_modules\/(?:@[^/]+\/)?[^/]+/.exec(id.replaceAll('\\', '/'));
        if (found) packages.add(found[0].replace(/^\0/, ''));
      }
      const texts = [...packages].sort().map((dir) => {
        const { name, version, license } = JSON.parse(readFileSync(join(dir, 'package.json'), 'utf8')) as Record<string, string>;
        const file = existsSync(dir) && readdirSync(dir).find((f) => /^licen[cs]e/i.test(f));
        if (!file) this.error(`${name} has no licence text`);
        return `${name} ${version}, ${license}\n\n${readFileSync(join(dir, file as string), 'utf8').trim()}\n`;
      });
      this.emitFile({ type: 'asset', fileName: 'licences.txt', source: texts.join('\n' + '-'.repeat(78) + '\n\n') });
    },
  };
}

// The server allows nothing inline, so nothing may become a data: address or a
// script within the page. Names depend on the content only; those of classes are
// short, which saves half a kilobyte.
export default defineConfig({
  plugins: [svelte({ compilerOptions: { cssHash: ({ hash, css }) => 's-' + hash(css).slice(0, 4), discloseVersion: false } }), licences()],
  build: {
    target: 'es2022',
    outDir: '../page/dist',
    emptyOutDir: true,
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
    reportCompressedSize: false,
  },
  // With another Host the console would ask for a password, as behind every proxy.
  server: { proxy: { '^/(api/|logo\\.svg$)': { target: 'http://127.0.0.1:8514', changeOrigin: false } } },
  test: { include: ['src/**/*.test.ts'], css: { include: /app\.css/ } }, // one test reads its colours
});
