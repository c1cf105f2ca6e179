// Uses the generated TypeScript client as a web page would, and prints its results; `test_clients.py` runs it.
import createClient from "openapi-fetch";
import type { components, paths } from "./platform-api.js";

declare const process: { env: Record<string, string>; stdout: { write(text: string): void } };

const client = createClient<paths>({
  baseUrl: process.env["URL"],
  headers: { Authorization: `Bearer ${process.env["TOKEN"]}` },
});
const tries = 600;

function given<T>(answer: { data?: T; error?: unknown }): T {
  if (answer.data === undefined) throw new Error(JSON.stringify(answer.error));
  return answer.data;
}

const address = () => `${crypto.randomUUID()}@example.com`;
const pause = () => new Promise((resume) => setTimeout(resume, 200));

async function users() {
  const email = address();
  const created = given(await client.POST("/users", { body: { email, name: "Ana" } }));
  const changes: components["schemas"]["UserChanges"][] = [{ name: "Bo" }, { active: false }, { email: `new-${email}` }];
  const path = { user_id: created.id };
  const changed = [];
  for (const body of changes) {
    const params = { path, header: { "if-match": "*" } };
    changed.push(given(await client.PATCH("/users/{user_id}", { params, body })));
  }
  const stale = await client.PATCH("/users/{user_id}", {
    params: { path, header: { "if-match": '"1"' } },
    body: { name: "Cy" },
  });
  const missing = await client.GET("/users/{user_id}", { params: { path: { user_id: "nothing" } } });
  const first = given(await client.GET("/users", { params: { query: { limit: 1 } } }));
  const second = given(await client.GET("/users", { params: { query: { limit: 1, cursor: first.next_cursor } } }));
  return {
    sent: changes,
    changed,
    stale: stale.error?.type,
    missing: missing.error?.type,
    listed: [first, second].map((page) => page.items[0]?.id),
  };
}

async function imported() {
  const content = new Blob([`email,name\n${address()},Dee\n`]);
  const file = given(
    await client.POST("/files", { body: { name: "users.csv", content_type: "text/csv", size_bytes: content.size } }),
  );
  const form = new FormData();
  for (const [name, value] of Object.entries(file.upload?.fields ?? {})) form.append(name, value);
  form.append("file", content);
  const sent = await fetch(file.upload?.url ?? "", { method: "POST", body: form });
  if (!sent.ok) throw new Error(await sent.text());
  let shown = file;
  for (let count = 0; count < tries && shown.state === "pending"; count++) {
    await pause();
    shown = given(await client.GET("/files/{file_id}", { params: { path: { file_id: file.id } } }));
  }
  const request = () => client.POST("/imports", { body: { file_id: file.id, target: "users" } });
  let requested = await request();
  // The imports service learns of the file a moment later.
  for (let count = 0; count < tries && requested.response.status === 404; count++) {
    await pause();
    requested = await request();
  }
  let started = given(requested);
  for (let count = 0; count < tries && !["completed", "failed", "cancelled"].includes(started.status); count++) {
    await pause();
    started = given(await client.GET("/imports/{import_id}", { params: { path: { import_id: started.id } } }));
  }
  return { file: shown.state, import: started.status, rows_written: started.rows_written };
}

process.stdout.write(JSON.stringify({ ...(await users()), ...(await imported()) }));
