/** Words of command lines. */

/**
 * A word as shells take it, that of Deno's tasks too, which knows no backslash before an
 * apostrophe.
 */
export function quoteWord(word: string): string {
  return /^[\w@%+=:,./-]+$/.test(word) ? word : `'${word.replaceAll("'", `'"'"'`)}'`;
}
