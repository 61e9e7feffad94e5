/** The files of a new project. */

import pipeline from "./pipeline.yaml" with { type: "text" };
import { pipelineName, type SluiceCalls } from "./sluice_calls.ts";

/** Their texts by name, for a project in `folder`. */
export function starterFiles(folder: string, calls: SluiceCalls): Readonly<Record<string, string>> {
  const name = pipelineName(folder);
  const { tasks, schema } = calls;
  return {
    "pipeline.yaml": `# yaml-language-server: $schema=${schema}\n` +
      pipeline.replace(/^name: .*$/m, `name: ${name}`),
    "deno.json": JSON.stringify({ tasks }, null, 2) + "\n",
    "README.md": readme(name),
    ".gitignore": "runs/\n",
  };
}

function readme(name: string): string {
  return `# ${name}

A language model, trained by Sluice from \`pipeline.yaml\`.

\`\`\`sh
deno task run pipeline.yaml      # everything: documents, tokenizer, training, questions, report
deno task check pipeline.yaml    # what is wrong with the file, before any work
deno task plan pipeline.yaml     # parameters, memory and launches of the training
deno task graph pipeline.yaml    # the stages as a picture
deno task doctor                 # what this machine has to compute with
\`\`\`

Without Deno: \`npx -y deno@${Deno.version.deno} task run pipeline.yaml\`.

The results lie in \`runs/${name}\`: \`report.html\` to look at, \`report.json\` to compute with, and
\`trained/checkpoint\`, the model in the layout of Hugging Face. A run that was stopped goes on where it
was when it is started again.
`;
}
