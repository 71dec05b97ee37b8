#include "cli/output.h"

#include <stdio.h>
#include <string.h>

#include "cli/clean_text.h"

enum { FACT_LABEL_WIDTH = 12 };

void
output_document(struct cli *cli, const char *text)
{
    size_t length = strlen(text);
    bool ended = length > 0 && text[length - 1] == '\n';

    if (!cli->answered) {
        fputs(cli->out.is_terminal ? clean_json(cli->arena, text) : text, stdout);
        fputs(ended ? "" : "\n", stdout);
    }
    cli->answered = true;
}

void
output_line(struct cli *cli, const char *format, ...)
{
    va_list values;

    va_start(values, format);
    const char *text = arena_vprintf(cli->arena, format, values);
    va_end(values);
    if (!cli->json) {
        printf("%s\n", clean_lines(cli->arena, text));
        fflush(stdout);
    }
}

void
output_note(struct cli *cli, const char *format, ...)
{
    va_list values;

    va_start(values, format);
    const char *text = arena_vprintf(cli->arena, format, values);
    va_end(values);
    fflush(stdout);
    fprintf(stderr, "%s\n", clean_lines(cli->arena, text));
}

void
output_table(struct cli *cli, const struct table *table)
{
    CLEANUP_BUFFER struct buffer out = { 0 };
    struct table_form form = { .width = cli->out.width,
                               .colour = cli->out.colour,
                               .unicode = cli->out.unicode };

    table_write(table, &form, &out);
    fwrite(out.bytes, 1, out.length, stdout);
}

void
output_fact(struct cli *cli, const char *label, const char *format, ...)
{
    va_list values;

    va_start(values, format);
    const char *text = arena_vprintf(cli->arena, format, values);
    va_end(values);
    if (text[0] != '\0') {
        printf("%-*s %s\n", FACT_LABEL_WIDTH, label, clean_line(cli->arena, text));
    }
}
