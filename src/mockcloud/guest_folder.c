#include "mockcloud/guest_folder.h"

#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <pwd.h>
#include <stdlib.h>
#include <string.h>
#include <sys/sendfile.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/mem.h"

enum { GUEST_FOLDER_OPEN_MAX = 16, GUEST_FOLDER_COPY_STEP = 1024 * 1024 };

static struct error
guest_folder_make(struct arena *arena, const char *path, mode_t mode)
{
    bool made = mkdir(path, mode) == 0;

    /* The mode as asked for: our umask may be a secretive one, and guests are other users. */
    if ((!made && errno != EEXIST) || (made && chmod(path, mode) != 0)) {
        return error_make(arena, ERR_IO, "cannot make %s: %s", path, strerror(errno));
    }
    return NO_ERROR;
}

/* Every part of a path, as mkdir -p does. */
static struct error
guest_folder_make_all(struct arena *arena, const char *path)
{
    char *part = arena_strdup(arena, path);

    for (char *at = part + 1; *at != '\0'; at++) {
        if (*at == '/') {
            *at = '\0';
            TRY(guest_folder_make(arena, part, 0755));
            *at = '/';
        }
    }
    return guest_folder_make(arena, part, 0755);
}

/* Another user must be able to enter every part. */
static struct error
guest_folder_check_path(struct arena *arena, const char *base)
{
    char *part = arena_strdup(arena, base);
    struct stat about;

    while (geteuid() == 0 && part[0] != '\0') {
        if (stat(part, &about) != 0 || (about.st_mode & S_IXOTH) == 0) {
            return error_make(arena, ERR_CONFIG, "MOCKCLOUD_GUEST_DIR=%s: machines cannot enter %s",
                              base, part);
        }
        *strrchr(part, '/') = '\0';
    }
    return NO_ERROR;
}

static bool
guest_folder_copy(int from, int to)
{
    ssize_t done;

    do {
        done = sendfile(to, from, NULL, GUEST_FOLDER_COPY_STEP);
    } while (done > 0);
    return done == 0;
}

/* By a new file and a rename: machines of before may still run the old one. */
static struct error
guest_folder_install_binary(struct arena *arena, const char *program)
{
    const char *draft = arena_printf(arena, "%s.draft", program);
    int from = open("/proc/self/exe", O_RDONLY | O_CLOEXEC);
    int to = open(draft, O_CREAT | O_TRUNC | O_WRONLY | O_CLOEXEC, 0755);
    bool copied = from >= 0 && to >= 0 && guest_folder_copy(from, to);

    if (from >= 0) {
        close(from);
    }
    if (to >= 0) {
        close(to);
    }
    if (!copied || chmod(draft, 0755) != 0 || rename(draft, program) != 0) {
        return error_make(arena, ERR_IO, "cannot make %s: %s", program, strerror(errno));
    }
    return NO_ERROR;
}

static struct error
guest_folder_write(struct arena *arena, const char *path, const char *text)
{
    const char *draft = arena_printf(arena, "%s.draft", path);
    int fd = open(draft, O_CREAT | O_TRUNC | O_WRONLY | O_CLOEXEC, 0755);
    ssize_t length = (ssize_t)strlen(text);

    bool written = fd >= 0 && write(fd, text, (size_t)length) == length;
    if (fd >= 0) {
        close(fd);
    }
    if (!written || chmod(draft, 0755) != 0 || rename(draft, path) != 0) {
        return error_make(arena, ERR_IO, "cannot write %s: %s", path, strerror(errno));
    }
    return NO_ERROR;
}

/* The engine of the image; how long it loads is the image's affair, not the user data's. */
static struct error
guest_folder_install_engine(struct arena *arena, const struct config *config, const char *base)
{
    const char *path = arena_printf(arena, "%s/image/bin/inventiv-fake-engine", base);
    const char *text = arena_printf(arena,
                                    "#!/bin/sh\n"
                                    "MOCKCLOUD_MODEL_LOAD_SECONDS=%s\n"
                                    "export MOCKCLOUD_MODEL_LOAD_SECONDS\n"
                                    "exec '%s' --fake-engine \"$@\"\n",
                                    config_text(config, SETTING_MOCKCLOUD_MODEL_LOAD_SECONDS),
                                    guest_folder_program(arena, base));

    return guest_folder_write(arena, path, text);
}

struct error
guest_folder_start(struct arena *arena, const struct config *config, const char **base)
{
    const char *given = config_text(config, SETTING_MOCKCLOUD_GUEST_DIR);

    TRY(guest_folder_make_all(arena, given));
    char *resolved = realpath(given, NULL);
    if (resolved == NULL) {
        return error_make(arena, ERR_IO, "cannot resolve %s: %s", given, strerror(errno));
    }
    const char *path = arena_strdup(arena, resolved);
    mem_free(resolved);
    TRY(guest_folder_check_path(arena, path));
    TRY(guest_folder_make_all(arena, arena_printf(arena, "%s/image/bin", path)));
    TRY(guest_folder_install_binary(arena, guest_folder_program(arena, path)));
    TRY(guest_folder_install_engine(arena, config, path));
    *base = path;
    return NO_ERROR;
}

const char *
guest_folder_path(struct arena *arena, const char *base, const char *server_id)
{
    return arena_printf(arena, "%s/%s", base, server_id);
}

const char *
guest_folder_program(struct arena *arena, const char *base)
{
    return arena_printf(arena, "%s/image/bin/inventiv-mockcloud", base);
}

static struct error
guest_folder_give(struct arena *arena, const struct config *config, const char *path)
{
    const char *user = config_text(config, SETTING_MOCKCLOUD_GUEST_USER);

    if (geteuid() != 0) {
        return NO_ERROR;
    }
    const struct passwd *entry = getpwnam(user);
    if (entry == NULL || lchown(path, entry->pw_uid, entry->pw_gid) != 0) {
        return error_make(arena, ERR_IO, "cannot give %s to %s", path, user);
    }
    return NO_ERROR;
}

struct error
guest_folder_prepare(struct arena *arena, const struct config *config, const char *folder)
{
    static const char *const parts[] = {
        "",
        "/etc",
        "/tmp",
        "/var",
        "/var/log",
        "/var/lib",
        "/var/lib/cloud",
        "/var/lib/cloud/instance",
        "/var/lib/cloud/scripts",
        "/var/lib/cloud/scripts/per-boot",
    };

    for (size_t i = 0; i < ARRAY_LENGTH(parts); i++) {
        const char *path = arena_printf(arena, "%s%s", folder, parts[i]);
        TRY(guest_folder_make(arena, path, 0750));
        TRY(guest_folder_give(arena, config, path));
    }
    return NO_ERROR;
}

static int
guest_folder_remove_one(const char *path, const struct stat *about, int kind, struct FTW *place)
{
    (void)about;
    (void)kind;
    (void)place;
    remove(path);
    return 0;
}

void
guest_folder_remove(const char *folder)
{
    nftw(folder, guest_folder_remove_one, GUEST_FOLDER_OPEN_MAX, FTW_DEPTH | FTW_PHYS);
}
