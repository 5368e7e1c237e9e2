/**
 * Shows control characters as what they are. Plugins and log files may contain what other people
 * chose, and it must not command the operator's terminal.
 */
export function printable(text: string): string {
  return text.replaceAll(/(?![\n\t])\p{Cc}/gu, (character) => {
    return `\\u${character.charCodeAt(0).toString(16).padStart(4, "0")}`;
  });
}
