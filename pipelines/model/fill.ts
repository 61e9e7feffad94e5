/** Filling: what stands behind a `use` or a slot, with the attributes and slots given to it. */

import type { Attribute } from "../schema/definitions.ts";
import { formatPlace } from "../schema/problem.ts";
import type { Place } from "../schema/tree.ts";
import type { Block, Blocks, Filling } from "./block.ts";
import { substituteAll } from "./constant.ts";
import { known, NodeError, pipelineError, type Use } from "./_node_error.ts";

/** A block with what was given to it, or an op with its fields; the rest are defaults. */
export type Filled =
  | {
    readonly kind: "op";
    readonly target: string;
    readonly fields: ReadonlyMap<string, unknown>;
    readonly place: Place;
  }
  | {
    readonly kind: "use";
    readonly block: Block;
    readonly fields: ReadonlyMap<string, unknown>;
    readonly slots: ReadonlyMap<string, Filled>;
    /** Where it was asked for. */
    readonly place: Place;
  };

/** What names refer to at the place where a block is used. */
export interface Surroundings {
  readonly blocks: Blocks;
  readonly slots: ReadonlyMap<string, Filled>;
  /** Names usable in constants: the dims of the model and the attributes of the using block. */
  readonly constants: ReadonlyMap<string, Attribute>;
}

/**
 * What `filling` refers to: an op, a slot of the using block, or a block by name. Attributes given
 * to a slot are offers: whatever fills it takes those it has, unless they came with the filling.
 */
export function fill(filling: Filling, around: Surroundings): Filled {
  const { kind, target, place } = filling;
  const given = new Map(
    Object.entries(filling.fields).map(([key, value]) => {
      return [key, substituteAll(value, around.constants, key)];
    }),
  );
  if (kind === "op") return { kind, target, fields: given, place };
  const slot = around.slots.get(target);
  if (slot?.kind === "op") return slot;
  const block = slot?.block ?? around.blocks.get(target);
  if (!block) {
    throw new NodeError(`unknown block "${target}"`, {
      code: "unknown-block",
      field: "use",
      ...known(target, [...around.slots.keys(), ...around.blocks.keys()]),
    });
  }
  const taken = slot ? [...given].filter(([key]) => block.attrs.has(key)) : given;
  const fields = new Map([...taken, ...slot?.fields ?? []]);
  for (const [key, value] of fields) checkAttribute(block, key, value);
  const slots = new Map<string, Filled>();
  for (const [name, inner] of Object.entries(filling.slots)) {
    if (!block.slots.has(name)) {
      return located(inner.slotPlace, () => {
        throw new NodeError(`unknown slot "${name}" of block ${block.name}`, {
          code: "unknown-slot",
          ...known(name, block.slots.keys()),
        });
      });
    }
    slots.set(name, fillSlot(inner, around));
  }
  slot?.slots.forEach((value, name) => slots.set(name, value));
  return { kind, block, fields, slots, place: slot?.place ?? place };
}

/** Fills a slot; what is wrong is reported where its filling was written. */
function fillSlot(filling: Filling, around: Surroundings): Filled {
  return located(filling.place, () => fill(filling, around));
}

/** All attributes and slots of a block, defaults included, and the names its constants may use. */
export function withDefaults(
  { block, fields, slots }: Filled & { kind: "use" },
  blocks: Blocks,
  dims: ReadonlyMap<string, number>,
): Surroundings {
  const constants = new Map<string, Attribute>(dims);
  for (const [name, value] of block.attrs) {
    const given = fields.get(name) as Attribute | undefined ?? value;
    if (given !== undefined) constants.set(name, given);
    else {
      throw new NodeError(`attribute "${name}" of block ${block.name} is missing`, {
        code: "missing-attribute",
      });
    }
  }
  const inner = { blocks, constants, slots: new Map<string, Filled>() };
  const all = new Map(slots);
  for (const [name, filling] of block.slots) {
    if (all.has(name)) continue;
    if (filling) all.set(name, fillSlot(filling, inner));
    else {
      throw new NodeError(`slot "${name}" of block ${block.name} is empty`, {
        code: "empty-slot",
        expected: `a block for it, with: {${name}: ...}`,
      });
    }
  }
  return { blocks, constants, slots: all };
}

/**
 * Runs `body`; a NodeError in it becomes a PipelineError at `place`, or at its field. If that is in
 * the library, the problem stands at `use`; without `use` it stays a NodeError for those around to
 * place.
 */
export function located<T>(
  place: Place,
  body: () => T,
  { locate, suffix = "", use }: {
    locate?: (field: string, part?: "key") => Place;
    suffix?: string;
    use?: Use;
  } = {},
): T {
  try {
    return body();
  } catch (error) {
    if (!(error instanceof NodeError)) throw error;
    const { code, field, part, within, ...more } = error.detail;
    const at = field !== undefined && locate ? locate(field, part) : place;
    const message = error.message + suffix;
    if (within === undefined && !at.source.library) throw pipelineError(at, code, message, more);
    const inner = within ?? formatPlace(at);
    if (!use) throw new NodeError(message, { code, within: inner, ...more });
    const asked = code === "unknown-dim" ? use.dims ?? use.place : use.place;
    throw pipelineError(asked, code, `${use.prefix}${message} at ${inner}`, more);
  }
}

function checkAttribute(block: Block, name: string, value: unknown) {
  if (!block.attrs.has(name)) {
    throw new NodeError(`unknown attribute "${name}" of block ${block.name}`, {
      code: "unknown-attribute",
      field: name,
      part: "key",
      ...known(name, block.attrs.keys()),
    });
  }
  const preset = block.attrs.get(name);
  if (preset === undefined || kindOf(preset) === kindOf(value)) return;
  throw new NodeError(`attribute "${name}" of block ${block.name} is ${JSON.stringify(value)}`, {
    code: "wrong-type",
    field: name,
    expected: `a ${kindOf(preset)} such as ${JSON.stringify(preset)}`,
  });
}

function kindOf(value: unknown): string {
  return Array.isArray(value) ? "list" : typeof value === "boolean" ? "truth value" : typeof value;
}
