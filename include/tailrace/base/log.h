#ifndef TAILRACE_BASE_LOG_H
#define TAILRACE_BASE_LOG_H

/* One line on stderr: time, level, what happened, then key=value pairs. Secrets have no printer. */
enum log_level { LOG_DEBUG, LOG_INFO, LOG_WARN, LOG_ERROR };

void log_set_level(enum log_level least);
void log_at(enum log_level level, const char *fmt, ...) __attribute__((format(printf, 2, 3)));

/* Lines of this thread end with feed=NAME from here on; NULL: they do not. name is borrowed. A thread hands it on to those it starts. */
void log_feed(const char *name);
const char *log_feed_name(void);

#define log_debug(...) log_at(LOG_DEBUG, __VA_ARGS__)
#define log_info(...)  log_at(LOG_INFO, __VA_ARGS__)
#define log_warn(...)  log_at(LOG_WARN, __VA_ARGS__)
#define log_error(...) log_at(LOG_ERROR, __VA_ARGS__)
#endif
