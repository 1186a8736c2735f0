#ifndef TAILRACE_BASE_LOG_H
#define TAILRACE_BASE_LOG_H
#include <stdbool.h>

/*
 * Writes one line to stderr: time, level, message, then key=value pairs. The message is a fixed
 * text; what is not fixed follows it as KEY=%d, KEY=%s or KEY=\"%s\". There, text from outside can
 * neither end its value nor begin another pair. Noted secrets are hidden (base/secret.h).
 */
enum log_level { LOG_DEBUG, LOG_INFO, LOG_WARN, LOG_ERROR, LOG_LEVELS };
extern const char *const log_level_names[LOG_LEVELS];

/* log.format, in the order of its choices. LOG_TEXT is the default. */
enum log_format { LOG_TEXT, LOG_LOGFMT, LOG_JSON };
void log_set_format(enum log_format format);

void log_set_level(enum log_level least);
/*
 * Sets the level for lines of this feed alone, in place of log_set_level()'s. LOG_LEVELS: removes
 * it. name is copied. Any thread. False: too many feeds have a level of their own.
 */
bool log_set_feed_level(const char *name, enum log_level least);
/* The lowest level that is logged for this feed; NULL: for the process. */
enum log_level log_level_of(const char *name);

void log_at(enum log_level level, const char *fmt, ...) __attribute__((format(printf, 2, 3)));

/* From here on this thread's lines name the feed (feed=NAME); NULL: they do not. name is borrowed.
 * A new thread does not inherit it: it calls log_feed() with its starter's log_feed_name(). */
void log_feed(const char *name);
const char *log_feed_name(void);

#define log_debug(...) log_at(LOG_DEBUG, __VA_ARGS__)
#define log_info(...)  log_at(LOG_INFO, __VA_ARGS__)
#define log_warn(...)  log_at(LOG_WARN, __VA_ARGS__)
#define log_error(...) log_at(LOG_ERROR, __VA_ARGS__)
#endif
