import type { Command } from "./command.ts";
export const planTask: Command = { usage: "", flags: {}, run: () => 1 };
