import { fileURLToPath } from 'node:url';
import { defineConfig } from 'vite';

const here = (path: string) => fileURLToPath(new URL(path, import.meta.url));

/**
 * Bundles the page into dist/dashboard, which the node serves. The page checks results with the very modules that the
 * command line uses; what they take from Node.js is replaced here, and nothing else of them.
 */
export default defineConfig({
  root: here('.'),
  base: '/',
  resolve: {
    alias: {
      'node:crypto': here('browser/crypto.ts'),
      'node:buffer': here('browser/buffer.ts'),
      'node:util': here('browser/util.ts'),
    },
  },
  build: {
    outDir: here('../../dist/dashboard'),
    emptyOutDir: true,
    target: 'es2023',
    // The policy of the page allows files only: nothing may be inlined as data.
    assetsInlineLimit: 0,
    modulePreload: false,
    reportCompressedSize: false,
    rolldownOptions: { transform: { inject: { Buffer: [here('browser/buffer.ts'), 'Buffer'] } } },
  },
  logLevel: 'warn',
});
