#include "cli/terminal.h"

#include <langinfo.h>
#include <locale.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <termios.h>
#include <unistd.h>

#include "base/mem.h"

enum { TERMINAL_WIDTH_UNKNOWN = 80 };

static bool terminal_unicode;
static struct termios terminal_shown; /* as it was before terminal_ask_secret() */

void
terminal_start(void)
{
    setlocale(LC_CTYPE, "");
    terminal_unicode = strcmp(nl_langinfo(CODESET), "UTF-8") == 0;
    if (!terminal_unicode) {
        setlocale(LC_CTYPE, "C.UTF-8"); /* for the widths of what the API says */
    }
}

static bool
terminal_variable_set(const char *name)
{
    const char *value = getenv(name);

    return value != NULL && value[0] != '\0';
}

static size_t
terminal_width(int descriptor)
{
    struct winsize size = { 0 };

    if (ioctl(descriptor, TIOCGWINSZ, &size) == 0 && size.ws_col > 0) {
        return size.ws_col;
    }
    return TERMINAL_WIDTH_UNKNOWN;
}

struct terminal
terminal_of(FILE *stream)
{
    int descriptor = fileno(stream);
    const char *kind = getenv("TERM");
    bool there = isatty(descriptor) != 0;
    bool able = there && kind != NULL && strcmp(kind, "dumb") != 0;

    return (struct terminal){
        .is_terminal = there,
        .colour = able && !terminal_variable_set("NO_COLOR"),
        .redraws = able,
        .unicode = terminal_unicode,
        .width = there ? terminal_width(descriptor) : 0,
    };
}

static void
terminal_show_question(const char *question)
{
    if (isatty(STDIN_FILENO) != 0) {
        fputs(question, stderr);
        fflush(stderr);
    }
}

/* Unbuffered: the rest of standard input stays there for whoever reads it next. */
static struct error
terminal_read_line(struct arena *arena, const char **out)
{
    char *line = arena_alloc(arena, LINE_MAX_LENGTH + 1);
    size_t length = 0;
    char byte;
    ssize_t got = 0;

    while (length < LINE_MAX_LENGTH && (got = read(STDIN_FILENO, &byte, 1)) == 1 && byte != '\n') {
        line[length++] = byte;
    }
    if (got <= 0 && length == 0) {
        return error_static(ERR_INPUT, "nothing to read on standard input");
    }
    if (length == LINE_MAX_LENGTH) {
        return error_static(ERR_INPUT, "the line on standard input is too long");
    }
    line[strcspn(line, "\r")] = '\0';
    *out = line;
    return NO_ERROR;
}

struct error
terminal_ask(struct arena *arena, const char *question, const char **out)
{
    terminal_show_question(question);
    return terminal_read_line(arena, out);
}

static void
terminal_on_signal(int number)
{
    tcsetattr(STDIN_FILENO, TCSANOW, &terminal_shown);
    signal(number, SIG_DFL);
    raise(number);
}

static void
terminal_hide(void)
{
    static const int numbers[] = { SIGINT, SIGTERM, SIGHUP, SIGQUIT };
    struct termios hidden;

    tcgetattr(STDIN_FILENO, &terminal_shown);
    for (size_t i = 0; i < ARRAY_LENGTH(numbers); i++) {
        signal(numbers[i], terminal_on_signal);
    }
    hidden = terminal_shown;
    hidden.c_lflag &= ~(tcflag_t)ECHO;
    tcsetattr(STDIN_FILENO, TCSAFLUSH, &hidden);
}

struct error
terminal_ask_secret(struct arena *arena, const char *question, const char **out)
{
    bool hides = isatty(STDIN_FILENO) != 0;

    if (hides) {
        terminal_hide();
    }
    struct error error = terminal_ask(arena, question, out);
    if (hides) {
        tcsetattr(STDIN_FILENO, TCSAFLUSH, &terminal_shown);
        fputs("\n", stderr);
    }
    return error;
}

bool
terminal_confirms(struct arena *arena, const char *question)
{
    const char *answer = "";

    if (isatty(STDIN_FILENO) == 0) {
        return true;
    }
    if (error_is(terminal_ask(arena, question, &answer))) {
        fputs("\n", stderr);
        return false;
    }
    return strcasecmp(answer, "y") == 0 || strcasecmp(answer, "yes") == 0;
}
