// The bootstrap: runs on the system's Node, fetches the packages, then hands over to the project's own Node.
// Everything imported here must run on Node 20.19 without any package.

import { spawn } from "node:child_process";
import { join } from "node:path";
import { projectNode, requireBootstrapNode } from "./node.mjs";
import { installPackages } from "./packages.mjs";
import { ROOT } from "./paths.mjs";
import { Problem } from "./problem.mjs";

const PARENT_POLL_MS = 500;

/**
 * Sets up what the command needs and runs commands/NAME.ts with the command line's arguments.
 * @param {string} name
 * @param {{ tests: boolean }} needs tests: also the test-only packages
 */
export async function bootstrap(name, needs) {
  try {
    requireBootstrapNode();
    console.log("Gradbook");
    await installPackages(needs);
    handOver(await projectNode(), join(ROOT, "scripts", "commands", `${name}.ts`));
  } catch (error) {
    if (!(error instanceof Problem)) throw error;
    console.error(`\n${error.message}`);
    process.exit(1);
  }
}

/**
 * Runs the script in our place. The IPC channel tells it when we are gone, however we ended.
 * @param {string} node
 * @param {string} script
 */
function handOver(node, script) {
  const child = spawn(node, [script, ...process.argv.slice(2)], {
    stdio: ["inherit", "inherit", "inherit", "ipc"],
  });
  for (const signal of /** @type {const} */ (["SIGINT", "SIGTERM", "SIGHUP"])) {
    process.on(signal, () => child.kill(signal));
  }
  // `npm start` puts a shell between npm and us; a signal to npm ends that shell and does not reach us.
  if (process.env.npm_lifecycle_event) {
    const parent = process.ppid;
    setInterval(() => process.ppid === parent || child.kill("SIGTERM"), PARENT_POLL_MS).unref();
  }
  child.on("error", (error) => {
    console.error(`${node} could not be started: ${error.message}`);
    process.exit(1);
  });
  child.on("exit", (code, signal) => process.exit(signal ? 1 : (code ?? 1)));
}
