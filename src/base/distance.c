/* How far two words are apart, to suggest a name for a misspelled one. */
#include "base/distance.h"
#include <string.h>

size_t edit_distance(const char *a, const char *b)
{
    size_t n = strlen(b), row[128];
    if (n >= sizeof row / sizeof *row)
        return n;
    for (size_t j = 0; j <= n; j++)
        row[j] = j;
    for (size_t i = 0; a[i]; i++) {
        size_t diagonal = row[0];
        row[0] = i + 1;
        for (size_t j = 0; j < n; j++) {
            size_t change = diagonal + (a[i] != b[j]),
                   step = (row[j] < row[j + 1] ? row[j] : row[j + 1]) + 1;
            diagonal = row[j + 1];
            row[j + 1] = change < step ? change : step;
        }
    }
    return row[n];
}
