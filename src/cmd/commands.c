#include "cmd/config.h"

const struct command commands[] = {
    { "run", "[--until-current] [--take-over] [--strict] [--dry-run]",
      "Feed changes until stopped. --until-current: stop when caught up. --take-over: where the feed is run already, end "
      "that one (docs/errors.md). --strict: of many feeds, all end when one does by an error. --dry-run: print what would be sent as JSON "
      "lines; no position is stored and the slot is not advanced.", cmd_run, 1 },
    { "backfill", "--table SCHEMA.TABLE... [--where SQL] [--columns A,B] [--topic TOPIC] [--json] [--detach] [--take-over] [--dry-run] | list [--json] | "
      "pause ID | resume ID | cancel ID",
      "Read tables anew, through the running service (its changes and these rows merged in order) or, where none runs, alone. Shows "
      "how it goes; --json: as JSON lines; --detach: does not wait. --table: this one, and each that is named so. --take-over: read alone, and end a service that runs where it cannot be asked. --where: these rows only. --topic: into another topic, which then holds what was read and "
      "no changes; --columns: these only, with --topic. --dry-run: say what would be read.", cmd_backfill, 1 },
    { "status", "[--json]",
      "How each feed of the running service stands: its state, how late and how far behind it "
      "is, rows a second, the position that is stored, and its last error with what to do. "
      "--json: the same and more, as one object. Exit codes: 0 all feeds go on, 1 one needs "
      "somebody soon (it retries, lags or is paused), 2 one needs somebody now (it has stopped, "
      "its log is lost), 3 nobody answers.",
      cmd_status, 3 },
    { "top", "",
      "What tailrace status says, on a terminal, anew each second: feeds that need somebody first. "
      "--feed chooses feeds. Keys: u, l, b, r and n order by urgency, late, behind, rows/s and "
      "name; q ends.", cmd_top, 1 },
    { "ctl",
      "list [FEED...] | pause FEED... | resume FEED... | restart FEED... | reload | log-level "
      "LEVEL [FEED...] | position show FEED | position export FEED | position set FEED FILE|TEXT "
      "| forget FEED [--publication] [--detach] [--dry-run] [--yes] [--json]",
      "Give the running service orders (docs/control.md). FEED is a feed's name, or a regular "
      "expression over the whole name. pause: the feed stores its position, closes its "
      "connections, and waits; a service that is started again does not know of it, and feeds. "
      "resume: it goes on where it was. restart: it ends and begins again, also where it had "
      "stopped by an error. The command ends when the feeds are where they should be. reload: "
      "read the configuration again; feeds that have not changed do not notice; one that is "
      "wrong is refused whole, and the old one goes on. log-level: debug, info, warn or error, "
      "of the process or of these feeds, until it ends; default: a feed has the process's "
      "again. position show: what is stored, beside what server and slot say, and how far apart. "
      "position export: the same position as JSON, to be kept. position set: a feed that is paused "
      "or does not run reads on from there: from an exported FILE, its text, an LSN, or a set of "
      "GTIDs. What is skipped or repeated is said, and then asked. forget: drop the slot of a feed "
      "that does not run, and its positions; what stays is named. --publication: and the "
      "publication, if setup made it. --detach: does not wait. "
      "--dry-run: say what a reload, another position or forget would change. --yes: do not ask. "
      "--json: a line of JSON a feed.",
      cmd_ctl, 1 },
    { "setup", "[--all-tables] [--allow-no-identity] [--dry-run]",
      "Create each feed's publication (on the primary), or add to it, and its slot (where we read). It publishes what source.tables or tables.include "
      "names; where neither does, the tables that are there. Of a table without a replica identity the primary refuses UPDATE and DELETE once it is "
      "published: such a table is refused if it was named, else left out. --allow-no-identity: publish it all the same. --all-tables: FOR "
      "ALL TABLES, those to come too. --dry-run: print the SQL, change nothing.",
      cmd_setup, 1 },
    { "check", "[--offline] [--json]", "Preflight of each feed: each thing that must hold, and what to run where it does not. Exit code 2 if any fails. "
      "--offline: the configuration alone, no server is asked. --json: a line of JSON a finding.",
      cmd_check, 1 },
    { "tail", "[--follow] [--limit N] [TOPIC...]",
      "Print what the topics hold, decoded, as JSON lines. Without TOPIC: all topics of this feed. --follow: wait for "
      "what comes. --limit: so many records at most.", cmd_tail, 1 },
    { "import", "[--allow NAME]... [--force] [--strict] [--json] CONNECTOR.json",
      "Print the tailrace.yaml that does what a Debezium connector's JSON (PostgreSQL, MySQL or MariaDB) "
      "says. Each property is same (done), different (documented, and small) or refused (what protected "
      "data or shaped the records is not done). What is refused or different stands in the file as "
      "a comment, and on standard error. Exit code 3 if anything is refused. --allow: take this "
      "property, or all that begin with NAME and a dot, as it is. --force: take all that are refused. "
      "--strict: differences count, too. --json: a line of JSON a property, not the file. Secrets "
      "become ${REFERENCES}.", cmd_import, 1 },
    { "verify", "[--table PATTERN]... [--index FOLDER] [--rows-per-s N] [--wait SECONDS] "
      "[--limit N] [--json]",
      "Hold what the topics say of each key against the source's rows, while the feed runs "
      "(docs/verify.md). What is on its way is no difference, and each difference is looked at "
      "twice. --table: these tables only, a regular expression over SCHEMA.TABLE; each must fit "
      "one. --index: keep there what was read of the topics, so that the next run reads only what "
      "is new. --rows-per-s: read the source no faster. --wait: end after so long without a new "
      "position of the feed or an answer of Kafka, 120 by default. --limit: list so many "
      "differences of a table, 100 by default. --json: a line of JSON a difference and a table. "
      "Exit codes: 0 equal, 1 differences, 2 configuration or a table that cannot be compared, 5 "
      "not finished.",
      cmd_verify, 5 },
    { "repair", "[--table PATTERN]... [--index FOLDER] [--rows-per-s N] [--wait SECONDS] "
      "[--limit N] [--dry-run] [--json]",
      "Put right what verify finds (docs/verify.md): the running service reads each table that "
      "differs once more, beside its stream, and writes the rows that are missing or different, "
      "and deletes of what the source does not have. Where no service runs, the feed runs in this "
      "command. What is repaired says incremental in its source.snapshot. It may be run again at "
      "any time. --table: these tables only, a regular expression over SCHEMA.TABLE; each must fit "
      "one. --index: keep there what was read of the topics, and share it with verify. "
      "--rows-per-s: compare no faster; the service reads as snapshot.rows-per-s says. --wait: end "
      "after so long without a new position of the feed or an answer of Kafka, 120 by default. "
      "--limit: list so many differences of a table, 100 by default. --dry-run: say what would be "
      "written. --json: a line of JSON a difference, a table, and what was written. Exit codes: 0 "
      "nothing is left, 1 something is (--dry-run: differences), 2 configuration or a table that "
      "cannot be compared, 5 not finished.",
      cmd_repair, 5 },
    { "schema-diff", "[OLD [NEW]] [plan FILE.sql --server SERVER] [--save FILE] [--level LEVEL] [--ddl] [--json] [--markdown] [--html FILE] "
      "[--watch SECONDS] [--metrics FILE] [--webhook URL] [--ca-file FILE]",
      "What differs between two schemas, whom it breaks, and what to do next (docs/schema-diff.md). A side is live (the feed's database), another "
      "feed's FILE.yaml, what libpq takes, registry, registry@VERSION, past@TIME or past@OFFSET (the schema-change topic), a saved FILE.json, FILE.avsc "
      "or a folder of them, duckdb:FILE, clickhouse:URL, warehouse:CONNINFO (a PostgreSQL database that a sink fills). Without sides: registry and live; "
      "with one: that and live. plan: what a migration would change, tried on a throwaway copy. --server: where the copy is made (what libpq takes; of MySQL and "
      "MariaDB, a FILE.yaml). --save: write the side (live) to a file, and compare nothing. --level: what breaks, BACKWARD, FORWARD, FULL, or one with "
      "_TRANSITIVE; else the subject's own. --ddl: with the sinks' tables. --json: the answer as JSON. --markdown: as Markdown. --html: a page besides. --watch: compare again so often; --metrics: into a "
      "file for Prometheus; --webhook: POST the JSON when it changes. --ca-file: the CA to trust for https, of the webhook and of ClickHouse. Exit codes: 0 no difference, 1 compatible, 2 breaking, 3 error.", cmd_schema_diff, 3 },
    { "docs", "man [COMMAND] | example | schema | openapi | avro [RECORD] | bash | zsh | "
              "commands",
      "Print the man page (of one command), the commented example configuration, the "
      "configuration's JSON Schema, the OpenAPI text of http.listen, the Avro schema of a kind "
      "of record (or the kinds), completion for a shell, or the commands' names.", cmd_docs, 1 },
    { 0 }
};
