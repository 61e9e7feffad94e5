/** `doctor`: what this machine has, and which engine runs take on it. */

import type { Command } from "./command.ts";
import { adviceOf, problemsOf } from "./doctor/advice.ts";
import { describeMachine } from "./doctor/describe_machine.ts";
import { findMachineFacts } from "./doctor/find_machine_facts.ts";
import { FlagError } from "./flags.ts";
import { quietDrivers } from "./quiet_drivers.ts";
import { printable } from "./terminal.ts";

/** Prints it in plain words or as JSON. The status is 1 only where no run can work. */
export const doctorTask: Command = {
  usage: "deno task doctor [--json]",
  flags: { json: "switch" },
  async run({ flags, print }) {
    if (flags.words.length > 0) {
      throw new FlagError(`Cannot examine ${flags.words[0]}: doctor looks at this machine alone`);
    }
    quietDrivers();
    const facts = await findMachineFacts();
    const problems = problemsOf(facts);
    if (flags.has("json")) {
      print(JSON.stringify({ ...facts, problems, advice: adviceOf(facts) }, null, 2) + "\n");
    } else print(printable(describeMachine(facts)));
    return problems.length > 0 ? 1 : 0;
  },
};
