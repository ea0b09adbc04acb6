/** Builds the page. React's names lead to Preact, so that the page runs on the hooks for React. */

import { fileURLToPath } from 'node:url';
import { defineConfig } from 'vite';

const source = (path: string): string => fileURLToPath(new URL(path, import.meta.url));

export default defineConfig({
  // Relative, so that the page also works below a path.
  base: './',
  resolve: {
    alias: [
      { find: '@switchboard/client/react', replacement: source('client/src/react/index.ts') },
      { find: '@switchboard/client', replacement: source('client/src/index.ts') },
      { find: 'react/jsx-runtime', replacement: 'preact/jsx-runtime' },
      { find: 'react-dom/client', replacement: 'preact/compat/client' },
      { find: /^react(-dom)?$/, replacement: 'preact/compat' },
    ],
  },
  build: {
    target: 'es2022',
    // The policy forbids inline data in style sheets and scripts.
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
    reportCompressedSize: true,
  },
  server: {
    proxy: { '/api': 'http://localhost:7071', '/config.json': 'http://localhost:7071' },
  },
});
