// Compiles the library, the kernel and the extension.

import { build } from "../setup/build.ts";
import { command } from "../setup/command.ts";

await command(build);
