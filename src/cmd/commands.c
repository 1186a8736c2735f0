/* The table of commands: `tailrace` runs them from it; --help, man pages and completion print
 * it. */
#include "cmd/config.h"

const struct command commands[] = {
    { "run",
      "[--until-current] [--take-over] [--strict] [--dry-run]",
      "Feed changes until a signal stops the process. --until-current: stop once caught up. "
      "--take-over: end another instance that runs the feed already (docs/errors.md). --strict: "
      "end all feeds when one ends by an error. --dry-run: print what would be sent, as JSON "
      "lines; store no position and leave the slot where it is.",
      cmd_run, 1 },
    { "backfill",
      "--table SCHEMA.TABLE... [--where SQL] [--columns A,B] [--topic TOPIC] [--json] [--detach] "
      "[--take-over] [--dry-run] | list [--json] | pause ID | resume ID | cancel ID",
      "Read tables again. A running service merges the rows into its stream of changes, in order; "
      "without one, the command reads alone. It shows how far it is. --table: this table, and "
      "each further one that is named. --where: only rows that meet this SQL condition. --topic: "
      "write the rows to another topic, which then holds no changes. --columns: only these "
      "columns, with --topic. --detach: do not wait for the end. --json: show progress as JSON "
      "lines. --take-over: read alone, and end a service that cannot be asked. --dry-run: say "
      "what would be read.",
      cmd_backfill, 1 },
    { "status",
      "[--json]",
      "Show how each feed of the running service stands: its state, how late and how far behind "
      "it is, rows a second, its stored position, and its last error with what to do. --json: the "
      "same and more, as one object. Exit codes: 0 all feeds go on, 1 a feed needs somebody soon "
      "(it retries, lags or is paused), 2 a feed needs somebody now (it has stopped, or its log "
      "is lost), 3 nobody answers.",
      cmd_status, 3 },
    { "top",
      "",
      "Show on a terminal, each second, what tailrace status says: feeds that need somebody come "
      "first. --feed chooses feeds. Keys: u, l, b, r and n order by urgency, late, behind, rows/s "
      "and name; q ends.",
      cmd_top, 1 },
    { "ctl",
      "list [FEED...] | pause FEED... | resume FEED... | restart FEED... | reload | log-level "
      "LEVEL [FEED...] | position show FEED | position export FEED | position set FEED FILE|TEXT "
      "| forget FEED [--publication] [--detach] [--dry-run] [--yes] [--json]",
      "Give the running service orders (docs/control.md). FEED is a feed's name, or a regular "
      "expression that fits the whole name. pause: the feed stores its position, closes its "
      "connections and waits; a service that starts again knows nothing of it, and feeds. resume: "
      "the feed goes on where it was. restart: the feed ends and begins again, also if an error "
      "had stopped it. The command returns once the feeds are where they should be. reload: read "
      "the configuration again. Feeds that have not changed do not notice; a wrong configuration "
      "is refused whole, and the old one goes on. log-level: log debug, info, warn or error, of "
      "the process or of these feeds, until it ends; default gives a feed the process's level "
      "again. position show: the stored position beside what server and slot say, and how far "
      "apart they are. position export: the same position as JSON, to keep. position set: a "
      "paused or stopped feed reads on from an exported FILE, its text, an LSN, or a set of "
      "GTIDs. The command says what is skipped or repeated, and asks. forget: drop the slot and "
      "the positions of a feed that does not run, and name what stays. --publication: drop the "
      "publication as well, if setup made it. --detach: do not wait. --dry-run: say what a "
      "reload, another position or forget would change. --yes: do not ask. --json: a line of JSON "
      "a feed.",
      cmd_ctl, 1 },
    { "setup",
      "[--all-tables] [--allow-no-identity] [--dry-run]",
      "Create each feed's publication on the primary, or add to it, and its slot on the server "
      "that is read. It publishes the tables that source.tables or tables.include names; without "
      "either, the tables that exist. A primary refuses UPDATE and DELETE of a published table "
      "without a replica identity. If such a table was named, setup refuses it; otherwise setup "
      "leaves it out. --allow-no-identity: publish such tables all the same. --all-tables: "
      "publish FOR ALL TABLES, future ones included. --dry-run: print the SQL, and change "
      "nothing.",
      cmd_setup, 1 },
    { "check",
      "[--offline] [--json]",
      "Try each thing that must hold for a feed, and say what to run if one does not. Exit code 2 "
      "if any fails. --offline: read the configuration alone, and ask no server. --json: a line "
      "of JSON a finding.",
      cmd_check, 1 },
    { "tail",
      "[--follow] [--limit N] [TOPIC...]",
      "Print what the topics hold, decoded, as JSON lines. Without TOPIC: all topics of this "
      "feed. --follow: wait for new records. --limit: print at most this many records.",
      cmd_tail, 1 },
    { "import",
      "[--allow NAME]... [--force] [--strict] [--json] CONNECTOR.json",
      "Print the tailrace.yaml that does what the JSON of a Debezium connector says (PostgreSQL, "
      "MySQL or MariaDB). Each property is same (done), different (small, and documented) or "
      "refused (it protected data or shaped the records, and is not done). Refused and different "
      "ones stand in the file as comments, and on standard error. Secrets become ${REFERENCES}. "
      "Exit code 3 if anything is refused. --allow: accept this property, or all that begin with "
      "NAME and a dot. --force: accept all that are refused. --strict: differences count as "
      "refused. --json: a line of JSON a property, instead of the file.",
      cmd_import, 1 },
    { "verify",
      "[--table PATTERN]... [--index FOLDER] [--rows-per-s N] [--wait SECONDS] [--limit N] "
      "[--json]",
      "Compare the last record of each key in the topics with the source's rows, while the feed "
      "runs (docs/verify.md). A change on its way is no difference, and each difference is looked "
      "at twice. --table: only tables that fit this regular expression over SCHEMA.TABLE; each "
      "expression must fit one. --index: keep what was read of the topics there, so that the next "
      "run reads only what is new. --rows-per-s: read the source no faster. --wait: end after "
      "this long without a new position of the feed or an answer of Kafka, 120 by default. "
      "--limit: list at most this many differences of a table, 100 by default. --json: a line of "
      "JSON a difference and a table. Exit codes: 0 equal, 1 differences, 2 configuration or a "
      "table that cannot be compared, 5 not finished.",
      cmd_verify, 5 },
    { "repair",
      "[--table PATTERN]... [--index FOLDER] [--rows-per-s N] [--wait SECONDS] [--limit N] "
      "[--dry-run] [--json]",
      "Mend what verify finds (docs/verify.md). The running service reads each table that differs "
      "once more, beside its stream. It writes the rows that are missing or different, and "
      "deletes of rows that the source does not have. Without a service, the command runs the "
      "feed itself. A repaired record says incremental in its source.snapshot. The command may "
      "run again at any time. --table: only tables that fit this regular expression over "
      "SCHEMA.TABLE; each expression must fit one. --index: keep what was read of the topics "
      "there, and share it with verify. --rows-per-s: compare no faster; the service reads as "
      "fast as snapshot.rows-per-s allows. --wait: end after this long without a new position of "
      "the feed or an answer of Kafka, 120 by default. --limit: list at most this many "
      "differences of a table, 100 by default. --dry-run: say what would be written. --json: a "
      "line of JSON a difference, a table, and what was written. Exit codes: 0 nothing is left, 1 "
      "something is (--dry-run: differences), 2 configuration or a table that cannot be compared, "
      "5 not finished.",
      cmd_repair, 5 },
    { "schema-diff",
      "[OLD [NEW]] [plan FILE.sql --server SERVER] [--save FILE] [--level LEVEL] [--ddl] [--json] "
      "[--markdown] [--html FILE] [--watch SECONDS] [--metrics FILE] [--webhook URL] [--ca-file "
      "FILE]",
      "Show what differs between two schemas, whom it breaks, and what to do next "
      "(docs/schema-diff.md). A side is live (the feed's database), another feed's FILE.yaml, "
      "what libpq takes, registry, registry@VERSION, past@TIME or past@OFFSET (the schema-change "
      "topic), a saved FILE.json, FILE.avsc or a folder of them, duckdb:FILE, clickhouse:URL, or "
      "warehouse:CONNINFO (a PostgreSQL database that a sink fills). Without sides: registry and "
      "live; with one: that side and live. plan: what a migration would change, tried on a "
      "throwaway copy. --server: where to make the copy: what libpq takes; for MySQL and MariaDB, "
      "a FILE.yaml. --save: write the live side to a file, and compare nothing. --level: what "
      "counts as breaking: BACKWARD, FORWARD, FULL, or one with _TRANSITIVE; without it, the "
      "subject's own level. --ddl: add the tables of the sinks. --json: answer as JSON. "
      "--markdown: answer as Markdown. --html: write a page as well. --watch: compare again this "
      "often; --metrics: write a file for Prometheus; --webhook: POST the JSON when it changes. "
      "--ca-file: the CA to trust for https, of the webhook and of ClickHouse. Exit codes: 0 no "
      "difference, 1 compatible, 2 breaking, 3 error.",
      cmd_schema_diff, 3 },
    { "docs",
      "man [COMMAND] | example | schema | openapi | avro [RECORD] | bash | zsh | commands",
      "Print the man page (of one command), the commented example configuration, the "
      "configuration's JSON Schema, the OpenAPI text of http.listen, the Avro schema of a kind of "
      "record (or the kinds), completion for a shell, or the commands' names.",
      cmd_docs, 1 },
    { 0 }
};
