/** Requires each entry that is named; prints for each how many names it exports, or the error. */
/** @type {Record<string, number | string>} */
const found = {};
for (const name of process.argv.slice(2)) {
  try {
    found[name] = Object.keys(/** @type {object} */ (module.require(name))).length;
  } catch (error) {
    found[name] = String(error);
  }
}
process.stdout.write(`${JSON.stringify(found)}\n`);
