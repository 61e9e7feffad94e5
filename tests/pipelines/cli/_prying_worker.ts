/** A Worker that tries what it is told, and says what came of it. */

type Attempt = readonly ["read" | "stat" | "write" | "env" | "net" | "run", string];

const scope = globalThis as unknown as {
  postMessage(message: unknown): void;
  onmessage: ((event: MessageEvent<readonly Attempt[]>) => void) | null;
};

async function attempt([what, target]: Attempt): Promise<string> {
  try {
    if (what === "read") await Deno.readTextFile(target);
    else if (what === "stat") {
      using file = await Deno.open(target);
      await file.stat();
    } else if (what === "write") await Deno.writeTextFile(target, "");
    else if (what === "env") Deno.env.get(target);
    else if (what === "net") (await Deno.connect({ hostname: target, port: 9 })).close();
    else new Deno.Command(target).spawn();
    return "done";
  } catch (error) {
    return error instanceof Error ? error.name : String(error);
  }
}

scope.onmessage = async ({ data }) => {
  const results: string[] = [];
  for (const each of data) results.push(await attempt(each));
  scope.postMessage(results);
};
