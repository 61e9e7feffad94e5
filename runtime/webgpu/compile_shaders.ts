/** Compiles the shaders of a device, all at once. */

import { describeNode } from "../describe_node.ts";
import { checked, oneLine } from "./faults.ts";
import type { Shader } from "./launch_list.ts";

/** Pipelines and the layouts of their bind groups, by the index of their shader. */
export interface CompiledShaders {
  readonly pipelines: readonly GPUComputePipeline[];
  readonly layouts: readonly GPUBindGroupLayout[];
}

/** Throws an Error that names the op and the line where WGSL does not compile. */
export async function compileShaders(
  device: GPUDevice,
  shaders: readonly Shader[],
): Promise<CompiledShaders> {
  const layouts = await checked(device, () => makeLayouts(device, shaders));
  const compiled = await Promise.allSettled(
    shaders.map((shader, i) => compile(device, shader, layouts[i].pipeline)),
  );
  const pipelines = compiled.map((result) => {
    if (result.status === "rejected") throw result.reason;
    return result.value;
  });
  return { pipelines, layouts: layouts.map(({ group }) => group) };
}

/** Layouts for each shader: equal bindings share them. */
function makeLayouts(
  device: GPUDevice,
  shaders: readonly Shader[],
): { readonly group: GPUBindGroupLayout; readonly pipeline: GPUPipelineLayout }[] {
  const groups = new Map<string, ReturnType<typeof makeLayouts>[number]>();
  return shaders.map(({ bindings }) => {
    const known = groups.get(bindings.join());
    if (known) return known;
    const group = device.createBindGroupLayout({
      entries: bindings.map((binding) => ({
        binding,
        visibility: GPUShaderStage.COMPUTE,
        buffer: { type: "storage" as const },
      })),
    });
    const made = { group, pipeline: device.createPipelineLayout({ bindGroupLayouts: [group] }) };
    groups.set(bindings.join(), made);
    return made;
  });
}

async function compile(
  device: GPUDevice,
  { code, node }: Shader,
  layout: GPUPipelineLayout,
): Promise<GPUComputePipeline> {
  const label = node?.op.name ?? "copy";
  device.pushErrorScope("validation");
  const module = device.createShaderModule({ label, code });
  const refused = device.popErrorScope();
  // The pipeline fails where the module does: what the module says is the better message.
  const pipeline = device.createComputePipelineAsync({
    label,
    layout,
    compute: { module, entryPoint: "main" },
  }).catch((error: unknown) => error);
  const problem = await describeProblem(module, code, await refused, await pipeline);
  if (problem === undefined) return await pipeline as GPUComputePipeline;
  const what = node === undefined ? "the copy of a tensor" : describeNode(node);
  throw new Error(`the WGSL of ${what} does not compile: ${problem}`);
}

async function describeProblem(
  module: GPUShaderModule,
  code: string,
  refused: GPUError | null,
  pipeline: unknown,
): Promise<string | undefined> {
  const failed = pipeline instanceof Error ? pipeline : undefined;
  if (!refused && !failed) return undefined;
  const { messages } = await module.getCompilationInfo();
  const error = messages.find(({ type }) => type === "error");
  if (!error) return oneLine((refused ?? failed!).message);
  const text = oneLine(error.message).replace(/^Shader '.*?' parsing error: /, "");
  const line = code.split("\n")[error.lineNum - 1]?.trim();
  return line === undefined ? text : `line ${error.lineNum}, \`${line}\`: ${text}`;
}
