#ifndef TAILRACE_BASE_LOG_H
#define TAILRACE_BASE_LOG_H
#include <stdbool.h>

/*
 * One line on stderr: time, level, what happened, then key=value pairs. Secrets have no printer. A
 * message is a fixed text; what is not fixed stands behind it as KEY=%d, KEY=%s or KEY=\"%s\".
 * Text of strangers ends no value and begins no other one there.
 */
enum log_level { LOG_DEBUG, LOG_INFO, LOG_WARN, LOG_ERROR, LOG_LEVELS };
extern const char *const log_level_names[LOG_LEVELS];

/* log.format, in the order of its choices. LOG_TEXT is the default. */
enum log_format { LOG_TEXT, LOG_LOGFMT, LOG_JSON };
void log_set_format(enum log_format format);

void log_set_level(enum log_level least);
/*
 * For lines of this feed alone, whatever log_set_level() says; LOG_LEVELS: no longer. name is
 * copied. Any thread. False: too many feeds have one.
 */
bool log_set_feed_level(const char *name, enum log_level least);
/* What is logged of the feed at least; NULL: of the process. */
enum log_level log_level_of(const char *name);

void log_at(enum log_level level, const char *fmt, ...) __attribute__((format(printf, 2, 3)));

/* Lines of this thread end with feed=NAME from here on; NULL: they do not. name is borrowed. A
 * thread hands it on to those it starts. */
void log_feed(const char *name);
const char *log_feed_name(void);

#define log_debug(...) log_at(LOG_DEBUG, __VA_ARGS__)
#define log_info(...)  log_at(LOG_INFO, __VA_ARGS__)
#define log_warn(...)  log_at(LOG_WARN, __VA_ARGS__)
#define log_error(...) log_at(LOG_ERROR, __VA_ARGS__)
#endif
