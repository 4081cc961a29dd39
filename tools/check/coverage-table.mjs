/** An istanbul report: one line for each measured library, its line and branch coverage in percent. */
class CoverageTable {
  execute(context) {
    const libs = new Map();
    const onDetail = (node) => {
      const { path } = node.getFileCoverage();
      const [, lib] = /\/libs\/([^/]+)\//.exec(path.replaceAll('\\', '/'));
      const summary = node.getFileCoverage().toSummary();
      if (libs.has(lib)) libs.get(lib).merge(summary);
      else libs.set(lib, summary);
    };
    context.getTree('flat').visit({ onDetail });
    console.log(line('coverage', 'lines', 'branches'));
    for (const [lib, { lines, branches }] of [...libs].sort())
      console.log(line(lib, percent(lines), percent(branches)));
  }
}

const line = (name, lines, branches) => `${name.padEnd(14)}${lines.padStart(9)}${branches.padStart(10)}`;
const percent = ({ pct }) => `${pct.toFixed(2)} %`;

// The name under which `require`, which istanbul loads reports with, gets it.
export { CoverageTable as 'module.exports' };
