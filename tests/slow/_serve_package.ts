/**
 * Serves a packed folder on a free port of this machine as a registry would, with what deno.json
 * says in place of bare names, and prints the address.
 */

import { join } from "node:path";

const [folder] = Deno.args;
const { imports }: { imports: Record<string, string> } = JSON.parse(
  await Deno.readTextFile(join(folder, "deno.json")),
);

Deno.serve({
  hostname: "127.0.0.1",
  port: 0,
  onListen: ({ port }) => console.log(`http://127.0.0.1:${port}/`),
}, async (request) => {
  const { pathname } = new URL(request.url);
  let text: string;
  try {
    text = await Deno.readTextFile(join(folder, pathname));
  } catch {
    return new Response("There is no such file", { status: 404 });
  }
  if (pathname.endsWith(".ts")) {
    for (const [name, target] of Object.entries(imports)) {
      text = text.replaceAll(`from "${name}"`, `from "${target}"`)
        .replaceAll(`import("${name}")`, `import("${target}")`);
    }
  }
  const type = pathname.endsWith(".ts") ? "application/typescript" : "application/json";
  return new Response(text, { headers: { "content-type": type } });
});
