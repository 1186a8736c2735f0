// SQL on standard input, read statement by statement by Google's own analyzer of BigQuery's dialect (GoogleSQL). Prints "N statements", or fails
// with the error of the first that it refuses.
"use strict";
const net = require("net"), fs = require("fs");
const { runServer, terminateServer, ZetaSQLClient } = require("@fivetrandevelopers/zetasql");

function freePort() {
  return new Promise(resolve => {
    const s = net.createServer().listen(0, "127.0.0.1", () => { const { port } = s.address(); s.close(() => resolve(port)); });
  });
}

async function main() {
  const port = await freePort();
  runServer(port);
  ZetaSQLClient.init(port);
  const client = ZetaSQLClient.getInstance();
  await client.testConnection();
  const languageOptions = await client.getLanguageOptions({ maximumFeatures: true });
  languageOptions.productMode = "PRODUCT_EXTERNAL";
  languageOptions.supportedStatementKinds = ["SCHEMA", "TABLE"].map(what => `RESOLVED_CREATE_${what}_STMT`).concat("RESOLVED_ALTER_TABLE_STMT");
  const simpleCatalog = { name: "sink", builtinFunctionOptions: { languageOptions } };
  const input = fs.readFileSync(0);
  let at = 0, n = 0;
  for (; input.toString("utf8", at).replace(/--.*/g, "").trim(); n++) {
    const answer = await client.analyze({ simpleCatalog, options: { languageOptions },
      parseResumeLocation: { input: input.toString(), bytePosition: at } });
    at = answer.resumeBytePosition;
  }
  return n;
}

main().then(n => { fs.writeSync(1, `${n} statements\n`); return 0; }, e => { fs.writeSync(2, `${e.details || e.stack}\n`); return 1; })
  .then(code => { terminateServer(); process.exit(code); });
