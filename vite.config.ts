import { defineConfig } from "vite";
import solid from "vite-plugin-solid";

const server = "http://127.0.0.1:3000";

export default defineConfig({
  root: "client",
  plugins: [solid()],
  build: { outDir: "../dist/web", emptyOutDir: true, target: "es2022", sourcemap: false },
  worker: { format: "es" },
  server: { proxy: { "/trpc": server, "/auth": server, "/object-store": server } },
});
