// The declarations in martlet.d.ts, read by the TypeScript compiler, together with a program that uses them.

import { execFile } from "node:child_process";
import { test } from "node:test";
import assert from "node:assert/strict";
import { fileURLToPath } from "node:url";
import { readFile } from "node:fs/promises";

const here = (path) => fileURLToPath(new URL(path, import.meta.url));
function compile(project) {
    return new Promise((resolve) => {
        execFile("tsc", ["--project", project], (error, output) => resolve({ code: error?.code ?? 0, output }));
    });
}

test("the declarations compile, and say no to misuse", async () => {
    const { code, output } = await compile(here("types"));
    assert.equal(code, 0, output);
});

test("the declarations name what the client exports, and nothing else", async () => {
    const exported = Object.keys(await import("../martlet.js")).sort();
    const text = await readFile(here("../martlet.d.ts"), "utf8");
    const declared = [...text.matchAll(/^export (?:class|function|const) (\w+)/gm)].map((match) => match[1]).sort();
    assert.deepEqual(declared, exported);
});
