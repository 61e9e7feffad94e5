/** The pipeline language in Markdown, from its definitions. */

import { expectation } from "./expectation.ts";
import { alternatives } from "./json_schema.ts";
import { markdownTable } from "./markdown_table.ts";
import { fieldDef, shapeOf } from "./shape.ts";
import type { Def, Field, Fields } from "./shape.ts";

/** A heading of the docs with what stands under it. */
interface Section {
  readonly title: string;
  readonly doc: string;
  readonly rows: readonly Row[];
}

type Row = readonly string[];

const HEAD: Row = ["key", "value", "default", "meaning"];

/**
 * The docs of `def` in Markdown: a table of keys for it and for each map within. `name` is the title
 * of the first.
 */
export function markdown(def: Def<unknown>, name: string): string {
  const sections: Section[] = [];
  describe(def, name, "", sections, new Set());
  const seen = new Set<string>();
  const texts = sections.map(({ title, doc, rows }) =>
    [`## ${title}`, "", doc, "", ...(rows.length === 0 ? [] : [...markdownTable(HEAD, rows), ""])]
      .join("\n")
  );
  return texts.filter((text) => !seen.has(text) && seen.add(text)).join("\n");
}

/** Adds the sections of a definition: its own and those of the maps within. */
function describe(
  def: Def<unknown>,
  title: string,
  path: string,
  sections: Section[],
  seen: Set<string>,
): void {
  if (def.shape.type === "named") {
    if (seen.has(def.shape.name)) return;
    seen.add(def.shape.name);
  }
  const shape = shapeOf(def);
  const inner = (one: Def<unknown>, name: string) =>
    describe(one, name, path === "" ? name : `${path}.${name}`, sections, seen);
  switch (shape.type) {
    case "object": {
      const all: Fields = Object.assign({}, ...Object.values(shape.variants ?? {}), shape.fields);
      const variantOf = (key: string) =>
        Object.entries(shape.variants ?? {}).find(([, fields]) => Object.hasOwn(fields, key))?.[0];
      const rows = Object.entries(all).map(([key, field]) => row(key, field, variantOf(key)));
      if (shape.attributes) {
        rows.push(["...", cell(expectation(shape.attributes)), "", more]);
      }
      sections.push({ title: path === "" ? title : `\`${path}\``, doc: def.doc, rows });
      for (const [key, field] of Object.entries(all)) inner(fieldDef(field), key);
      return;
    }
    case "tagged":
      for (const [tag, branch] of Object.entries(shape.branches)) {
        const standard = tag === shape.defaultTag ? " (default)" : "";
        describe(branch, `${path} ${shape.tag}: ${tag}`, path, sections, seen);
        const own = sections.findLast((section) => section.title === `\`${path}\``);
        if (own) {
          const titled = { ...own, title: `\`${path}\`, \`${shape.tag}: ${tag}\`${standard}` };
          sections[sections.indexOf(own)] = titled;
        }
      }
      return;
    case "map":
      return inner(shape.value, "NAME");
    case "list":
      return describe(shape.item, title, path, sections, seen);
    case "shorthand":
      return describe(shape.full, title, path, sections, seen);
    case "union":
      for (const option of alternatives(def)) describe(option.def, title, path, sections, seen);
      return;
  }
}

const more = "Attributes that the op or block declares.";

function row(key: string, field: Field, variant: string | undefined): Row {
  const def = fieldDef(field);
  const notes = [
    ...(variant === undefined ? [] : [variant === key ? "one of these" : `with \`${variant}\``]),
    ...("presence" in field ? [] : variant === key ? [] : ["required"]),
  ];
  const standard = "presence" in field && field.presence === "defaulted" ? json(field.value) : "";
  const note = notes.length === 0 ? "" : ` (${notes.join(", ")})`;
  return [`\`${key}\``, cell(expectation(def)), standard, cell(def.doc) + note];
}

function json(value: unknown): string {
  const text = JSON.stringify(value);
  return text === "{}" ? "" : `\`${cell(text)}\``;
}

function cell(text: string): string {
  return text.replaceAll("|", "\\|");
}
