import Table from 'cli-table3';

/** A table for people, ending with a newline. Columns are named with how they are aligned. */
export function formatTable(columns: Record<string, 'left' | 'right'>, rows: readonly (readonly string[])[]): string {
  const table = new Table({
    head: Object.keys(columns),
    colAligns: Object.values(columns),
    style: { head: [], border: [], compact: true },
  });
  table.push(...rows.map((row) => [...row]));
  return `${table.toString()}\n`;
}
