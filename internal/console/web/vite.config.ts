import { svelte } from '@sveltejs/vite-plugin-svelte';
import { defineConfig } from 'vitest/config';

// The server allows nothing inline, so nothing may become a data: address or a
// script within the page. Names depend on the content only.
export default defineConfig({
  plugins: [svelte()],
  build: {
    target: 'es2022',
    outDir: '../page/dist',
    emptyOutDir: true,
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
    reportCompressedSize: false,
  },
  server: { proxy: { '/api': 'http://127.0.0.1:8514', '/logo.svg': 'http://127.0.0.1:8514' } },
  test: { include: ['src/**/*.test.ts'] },
});
