/* SPDX-License-Identifier: MIT */
/*
 * emu: a PC emulator. Reads the command line, makes the machine, runs it.
 * The only place that ends the process.
 */
#include <stdlib.h>
#include <string.h>

#include "accel/compare/replay.h"
#include "core/log.h"
#include "core/opts.h"
#include "options.h"
#include "os/os.h"
#include "vm/vm.h"

/* qemu-system-x86_64 promises what emu is anyway; qemu-system-i386 a processor without 64 bits. */
static bool is_called(const char *argv0, const char *name)
{
    const char *slash = argv0 ? strrchr(argv0, '/') : NULL;
    return argv0 && g_str_has_prefix(slash ? slash + 1 : argv0, name);
}

static int run(const struct vm_config *config)
{
    GError *err = NULL;
    int ret = config->daemonize ? os_daemonize_begin() : 0;
    if (ret < 0) {
        log_err(NULL, "-daemonize: %s", g_strerror(-ret));
        return EXIT_FAILURE;
    }
    struct vm *vm = vm_new(config, &err);
    if (!vm) {
        log_err(NULL, "%s", err->message);
        g_error_free(err);
        return EXIT_FAILURE;
    }
    int status = vm_run(vm);
    vm_free(vm);
    return status;
}

/* -compare A,B,replay=FILE: 0 when they agree. */
static int replay(const struct vm_config *config)
{
    GError *err = NULL;
    bool same = false;
    struct opts *o = opts_parse(config->compare_replay, NULL, &err);
    if (!o || !compare_replay(o, &same, &err)) {
        log_err(NULL, "%s", err->message);
        g_error_free(err);
    }
    opts_free(o);
    return same ? EXIT_SUCCESS : EXIT_FAILURE;
}

int main(int argc, char **argv)
{
    os_ignore_sigpipe();
    struct vm_config *config = vm_config_new();
    config->as_qemu = is_called(argv[0], "qemu-system-");
    config->no_long_mode = is_called(argv[0], "qemu-system-i386");
    GError *err = NULL;
    int status = EXIT_SUCCESS;
    switch (options_parse(argc, argv, config, &err)) {
    case OPTIONS_RUN:
        if (config->as_qemu) {
            vm_config_do_without(config);
        }
        status = config->compare_replay ? replay(config) : run(config);
        break;
    case OPTIONS_DONE: break;
    case OPTIONS_ERROR:
        log_err(NULL, "%s", err->message);
        g_error_free(err);
        status = EXIT_FAILURE;
        break;
    }
    vm_config_free(config);
    log_flush();
    return status;
}
