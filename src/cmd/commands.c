#include "cmd/config.h"

const struct command commands[] = {
    { "run", "[--until-current] [--dry-run]",
      "Feed changes until stopped. --until-current: stop when caught up. --dry-run: print what would be sent as JSON lines; "
      "no position is stored and the slot is not advanced.", cmd_run },
    { "setup", "[--dry-run]",
      "Create the publication (on the primary) and the slot (where we read). --dry-run: print the SQL, change nothing.",
      cmd_setup },
    { "check", "", "Preflight: each thing that must hold, and what to run where it does not. Exit code 2 if any fails.",
      cmd_check },
    { "tail", "[--follow] [--limit N] [TOPIC...]",
      "Print what the topics hold, decoded, as JSON lines. Without TOPIC: all topics of this feed.", cmd_tail },
    { "import", "CONNECTOR.json",
      "Print the tailrace.yaml that does what a Debezium connector's JSON (PostgreSQL, MySQL or MariaDB) says. A property that has no counterpart "
      "stands in it as a comment; secrets become ${REFERENCES}.", cmd_import },
    { "docs", "man|example|schema",
      "Print the man page, the commented example configuration, or the configuration's JSON Schema.", cmd_docs },
    { NULL, NULL, NULL, NULL }
};
