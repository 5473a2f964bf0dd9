# SPDX-License-Identifier: MIT
#
# emu: build, test, run. `make help` lists the targets; CONTRIBUTING.md says how the pieces fit.
#
# Everything is built under BUILDDIR (default ./build), from any current directory:
#     make -f /path/to/emu/Makefile BUILDDIR=/tmp/b CC=clang
# CC, AR, PKG_CONFIG, CFLAGS, CPPFLAGS, LDFLAGS, LDLIBS, DESTDIR and prefix are the user's.

SRCDIR    := $(patsubst %/,%,$(dir $(abspath $(lastword $(MAKEFILE_LIST)))))
# Prefix of source paths: empty when make runs in the source folder, so that messages stay short.
S         := $(if $(filter $(SRCDIR),$(CURDIR)),,$(SRCDIR)/)
BUILDDIR  ?= build
B         := $(BUILDDIR)
O         := $B/obj

PKG_CONFIG ?= pkg-config
# A static program needs what its libraries need.
PKG_STATIC := $(if $(filter -static --static -static-pie,$(CFLAGS) $(LDFLAGS)),--static)
NASM       ?= nasm
IASL       ?= iasl
PYTHON     ?= python3
prefix     ?= /usr/local
# Names under which `make install` also offers emu: QEMU_NAMES='qemu-system-x86_64 qemu-system-i386'
QEMU_NAMES ?=
CFLAGS     ?= -O2 -g
WERROR     ?= -Werror
JOBS       ?= $(shell nproc 2>/dev/null || echo 2)
VERSION    := 0.1

MACHINE := $(shell $(CC) -dumpmachine 2>/dev/null)
ARCH    := $(patsubst amd64,x86_64,$(firstword $(subst -, ,$(MACHINE))))
OS      ?= $(if $(findstring redox,$(MACHINE)),redox,linux)

# --- optional libraries: PKG=no on the command line leaves one out, e.g. `make PNG=no` -----------
# probe NAME,PACKAGE: if present adds -DHAVE_NAME=1; a source file that says `/* needs: name */` in
# its first 20 lines is built only then.
define probe
ifneq ($$($1),no)
ifeq ($$(shell $$(PKG_CONFIG) --exists '$2' 2>/dev/null && echo y),y)
HAVE += $3
LIB_CPPFLAGS += -DHAVE_$1=1 $$(shell $$(PKG_CONFIG) --cflags '$2')
LIB_$3 := $$(shell $$(PKG_CONFIG) $$(PKG_STATIC) --libs '$2')
endif
endif
endef
HAVE :=
LIB_CPPFLAGS :=
# OS=redox-like: os/redox on this host's libc, to test what a Redox build does without Redox.
REDOX_LIKE := $(filter redox redox-like,$(OS))
ifneq ($(REDOX_LIKE),)
MODULES ?= builtin
SDL2    ?= no
VNC     ?= no
CURSES  ?= no
DW      ?= no
endif
$(eval $(call probe,GLIB,glib-2.0,glib))
$(eval $(call probe,ZLIB,zlib,zlib))
$(eval $(call probe,PNG,libpng,png))
$(eval $(call probe,ZYDIS,zydis,zydis))
$(eval $(call probe,JANSSON,jansson,jansson))
$(eval $(call probe,SDL2,sdl2,sdl2))
$(eval $(call probe,VNC,libvncserver,vnc))
$(eval $(call probe,CURSES,ncursesw,curses))
# libdw for line numbers, libiberty (which has no .pc file) for C++ and Rust names: module dw
ifneq ($(DW),no)
ifeq ($(shell $(PKG_CONFIG) --exists libdw 2>/dev/null && echo y),y)
HAVE += dw
LIB_dw := $(shell $(PKG_CONFIG) --libs libdw libelf)
ifneq ($(shell printf '\043include <libiberty/demangle.h>\n' | $(CC) $(CPPFLAGS) -E - >/dev/null 2>&1 && echo y),)
LIB_dw += -liberty
endif
endif
endif
# Debian 12's Zydis has no .pc file.
ifeq ($(filter zydis,$(HAVE))$(filter no,$(ZYDIS)),)
ifneq ($(shell printf '\043include <Zydis/Zydis.h>\n' | $(CC) $(CPPFLAGS) -E - >/dev/null 2>&1 && echo y),)
HAVE += zydis
LIB_CPPFLAGS += -DHAVE_ZYDIS=1
LIB_zydis := -lZydis
endif
endif
ifneq ($(if $(REDOX_LIKE)$(filter no,$(KVM)),,$(shell printf '\043include <linux/kvm.h>\n' | $(CC) $(CPPFLAGS) -E - >/dev/null 2>&1 && echo y)),)
HAVE += kvm
LIB_CPPFLAGS += -DHAVE_KVM=1
endif

OS_DIRS = $(if $(REDOX_LIKE),os/redox $(patsubst $S%,%,$(call archdir,os/redox)),os/$(OS))
HAVE += $(if $(filter redox,$(OS)),schemes,noschemes)

# --- modules -------------------------------------------------------------------------------------
# Libraries whose loading would cost every start: what needs one of them becomes lib/emu-NAME.so and
# is loaded on first use (core/module.h). MODULES=builtin links it all into emu, as a static program
# has to.
MODULE_LIBS := sdl2 vnc curses dw slirp
MODULES ?= $(if $(filter redox,$(OS))$(filter -static --static -static-pie,$(CFLAGS) $(LDFLAGS)),builtin,so)
HAVE += $(if $(filter builtin,$(MODULES)),builtin,modules)

# --- flags ---------------------------------------------------------------------------------------
WARNINGS := -Wall -Wextra -Wshadow -Wundef -Wvla -Wstrict-prototypes -Wmissing-prototypes \
            -Wwrite-strings -Wno-gnu-variable-sized-type-not-at-end $(WERROR)
EMU_CPPFLAGS := -I$(if $S,$(SRCDIR),.) -I$B/gen -D_GNU_SOURCE $(LIB_CPPFLAGS) \
                -DEMU_VERSION='"$(VERSION)"' -DEMU_DATADIR='"$(prefix)/share/emu"' \
                -DEMU_LIBDIR='"$(prefix)/lib/emu"'
EMU_CFLAGS   := -std=gnu11 -pthread -fno-strict-aliasing $(WARNINGS)
COMPILE = $(CC) $(EMU_CPPFLAGS) $(CPPFLAGS) $(EMU_CFLAGS) $(CFLAGS)

ifeq ($V,1)
say =
else
say = @echo "  $1	$2";
endif

# --- sources -------------------------------------------------------------------------------------
# archdir FOLDER: its sub-folder for the host's architecture, or `generic` where there is none.
archdir = $(or $(wildcard $S$1/$(ARCH)),$(wildcard $S$1/generic))
DIRS := accel/api accel/x86 accel/tcg accel/revirt accel/compare $(if $(filter kvm,$(HAVE)),accel/kvm) core \
        $(patsubst $S%,%,\
        $(call archdir,accel/x86) $(call archdir,accel/tcg) $(wildcard $Shw/* $Sbackend/*)) \
        hw ui monitor vm os/posix $(OS_DIRS)
ALL_SRCS := $(patsubst $S%,%,$(wildcard $S*.c $(patsubst %,$S%/*.c,$(DIRS))))
# Files that need an optional library which is not there are left out.
NEEDING  := $(if $(ALL_SRCS),$(shell cd '$(SRCDIR)' && awk 'FNR > 20 { nextfile } \
    match($$0, /\/\* needs: [a-z0-9 ]+/) { n = split(substr($$0, 11), w, " "); \
    for (i = 1; i <= n; i++) if (w[i] ~ /^[a-z0-9]+$$/) print w[i] ":" FILENAME }' $(ALL_SRCS)))
LACKING  := $(foreach n,$(NEEDING),$(if $(filter $(firstword $(subst :, ,$n)),$(HAVE)),,\
            $(lastword $(subst :, ,$n))))
# The files of a module NAME, modules that have any, and all of their objects.
module_files = $(filter-out $(LACKING),$(patsubst $1:%,%,$(filter $1:%,$(NEEDING))))
MODULES_OK   := $(foreach m,$(filter $(MODULE_LIBS),$(HAVE)),$(if $(call module_files,$m),$m))
LOADED       := $(if $(filter modules,$(HAVE)),$(MODULES_OK))
MODULE_OBJS  := $(foreach m,$(LOADED),$(patsubst %.c,$O/%.o,$(call module_files,$m)))
MODULE_SOS   := $(LOADED:%=$B/lib/emu-%.so)
SRCS     := $(filter-out $(LACKING) $(MODULE_OBJS:$O/%.o=%.c),$(ALL_SRCS))
OBJS     := $(SRCS:%.c=$O/%.o)
EMU_LIBS := $(foreach l,$(filter-out zydis $(LOADED),$(HAVE)),$(LIB_$l)) \
            $(if $(filter-out $(LACKING),$(filter %/disas.c,$(ALL_SRCS))),$(LIB_zydis))

GUESTS  := $(patsubst $S%.asm,%,$(wildcard $Stests/guests/*.asm $Sdemo/*.asm))
GUEST_BINS := $(patsubst tests/%,$B/%.bin,$(filter tests/%,$(GUESTS))) \
              $(patsubst %,$B/%.bin,$(filter demo/%,$(GUESTS)))
SHARE   := $(patsubst $Soptionrom/%.asm,$B/share/%.bin,$(wildcard $Soptionrom/*.asm))

.DEFAULT_GOAL := all
.PHONY: all
all: $B/emu $B/revirt-host $(SHARE) $(MODULE_SOS)

# Modules find emu's own functions in the program.
$B/emu: $(OBJS)
	$(call say,LINK,$@)$(CC) $(CFLAGS) -pthread $(if $(LOADED),-rdynamic) -o $@ $(OBJS) \
	    $(LDFLAGS) $(EMU_LIBS) $(LDLIBS)

define module_rule
$B/lib/emu-$1.so: $$(patsubst %.c,$O/%.o,$$(call module_files,$1))
	@mkdir -p $$(@D)
	$$(call say,LINK,$$@)$$(CC) $$(CFLAGS) -pthread -shared -o $$@ $$(filter %.o,$$^) $$(LDFLAGS) \
	    $$(LIB_$1) $$(LIB_glib) $$(LDLIBS)
endef
$(foreach m,$(LOADED),$(eval $(call module_rule,$m)))

# The reference host of accel/revirt/ABI.md: emu's engines behind a socket.
HOST_SRCS := $(filter-out $(if $(filter kvm,$(HAVE)),,%/hard.c),\
             $(patsubst $S%,%,$(wildcard $Srevirt-host/*.c)))
HOST_OBJS := $(HOST_SRCS:%.c=$O/%.o) $O/accel/revirt/blocks.o $(filter-out %/tcg/tcg.o,\
             $(filter $O/accel/x86/% $O/accel/tcg/% $O/accel/kvm/% $O/os/%,$(OBJS)))
HOST_CORE := $(addprefix $O/core/,error.o log.o opts.o physmem.o physmem_access.o device.o)
$B/revirt-host: $(HOST_OBJS) $(HOST_CORE)
	$(call say,LINK,$@)$(CC) $(CFLAGS) -pthread -o $@ $^ $(LDFLAGS) $(EMU_LIBS) $(LDLIBS)

$O/%.o: $S%.c $B/.flags
	@mkdir -p $(@D)
	$(call say,CC,$*.c)$(COMPILE) $(if $(filter $@,$(MODULE_OBJS)),-fPIC) -MMD -MP -c -o $@ $<

# What builtin modules offer, from their EMU_MODULE lines.
BUILTINS := $(if $(filter builtin,$(HAVE)),$(foreach m,$(MODULES_OK),$(call module_files,$m)))
$O/core/module_list.o: $B/gen/modules.inc
$B/gen/modules.inc: FORCE
	@mkdir -p $(@D)
	@sed -n 's/^EMU_MODULE(.*, *\([a-z0-9_]*\));$$/MODULE(\1)/p' /dev/null $(addprefix $S,$(BUILTINS)) > $@.new
	@cmp -s $@.new $@ && rm $@.new || mv $@.new $@

# Rewritten only when the compile command changes, so that new flags rebuild what is there.
FLAGS_TEXT = $(subst ','\'',$(COMPILE) $(MODULES))
$B/.flags: FORCE
	@mkdir -p $(@D)
	@printf '%s\n' '$(FLAGS_TEXT)' | cmp -s - $@ || printf '%s\n' '$(FLAGS_TEXT)' > $@
.PHONY: FORCE
FORCE:

-include $(shell find $O -name '*.d' 2>/dev/null)

# --- generated files -----------------------------------------------------------------------------
# hw/pc/dsdt.asl is compiled to gen/hw/pc/dsdt.aml.h: `static const unsigned char dsdt_aml[]`.
AMLS := $(patsubst $S%.asl,$B/gen/%.aml.h,$(wildcard $Shw/*/*.asl))
AML_USERS := $(if $(AMLS),$(shell cd '$(SRCDIR)' && grep -l '\.aml\.h"' hw/*/*.c 2>/dev/null))
$(AML_USERS:%.c=$O/%.o): $(AMLS)

$B/gen/%.aml.h: $S%.asl $Stools/bin2h
	@mkdir -p $(@D)
	$(call say,IASL,$*.asl)$(IASL) -vs -p $B/gen/$* $< > $B/gen/$*.log 2>&1 \
	    || { cat $B/gen/$*.log; exit 1; }
	@$Stools/bin2h $B/gen/$*.aml > $@

$B/share/%.bin: $Soptionrom/%.asm
	@mkdir -p $(@D)
	$(call say,NASM,optionrom/$*.asm)$(NASM) -f bin -I$(dir $<) -o $@ $<

$B/guests/%.bin: $Stests/guests/%.asm $(wildcard $Stests/guests/*.inc)
	@mkdir -p $(@D)
	$(call say,NASM,tests/guests/$*.asm)$(NASM) -f bin -I$(dir $<) -MD $@.d -o $@ $<

$B/demo/%.bin: $Sdemo/%.asm
	@mkdir -p $(@D)
	$(call say,NASM,demo/$*.asm)$(NASM) -f bin -I$(dir $<) -MD $@.d -o $@ $<

-include $(wildcard $B/guests/*.bin.d $B/demo/*.bin.d)
.PHONY: guests
guests: $(GUEST_BINS)
	@:

# --- test binaries -------------------------------------------------------------------------------
# A test links only what its first lines name: `/* link: hw/pc/pit8254.c tests/fake/irq.c */`, and
# `/* libs: zydis */`. tools/testdeps turns that into $B/tests.mk.
# TESTS chooses by path prefix: make unit TESTS=tests/unit/hw/pc
TEST_DIRS := tests/unit tests/cpu tests/accel tests/board
TEST_SRCS := $(if $(wildcard $Stests),$(shell cd '$(SRCDIR)' && \
    find $(TEST_DIRS) -name 'test_*.c' 2>/dev/null | sort))
TEST_BINS := $(TEST_SRCS:%.c=$B/%)
CMOCKA_LIBS = $(or $(shell $(PKG_CONFIG) --libs cmocka 2>/dev/null),-lcmocka)
# object files of a list of sources; `all` stands for everything but emu.c, * is expanded; os/linux
# stands for the host's own folder, and with a * it brings that folder's machine-dependent part
os_objs = $(filter $O/os/redox/%,$(OBJS))
test_objs = $(sort $(foreach f,$1,$(if $(filter all,$f),$(filter-out $O/emu.o,$(OBJS)),$(if $(and \
    $(REDOX_LIKE),$(filter os/linux/%,$f)),$(if $(findstring *,$f),$(os_objs),$(filter-out \
    %/clock.o,$(os_objs))),$(patsubst $S%.c,$O/%.o,$(if $(findstring \
    *,$f),$(filter-out $(addprefix $S,$(LACKING)),$(wildcard $S$f)),$S$f))))))
chosen = $(filter $(addsuffix %,$1),$(TEST_SRCS:%.c=%))

ifneq ($(TEST_SRCS),)
$B/tests.mk: $(addprefix $S,$(TEST_SRCS)) $Stools/testdeps
	@mkdir -p $(@D)
	@cd '$(SRCDIR)' && tools/testdeps $(TEST_SRCS) > '$(abspath $@)'
ifeq ($(filter clean help packages format format-check,$(MAKECMDGOALS)),)
-include $B/tests.mk
endif
endif

$(TEST_BINS): $B/%: $O/%.o
	@mkdir -p $(@D)
	$(call say,LINK,$*)$(CC) $(CFLAGS) -pthread -o $@ $(filter %.o,$^) $(LDFLAGS) \
	    $(foreach l,$(TEST_LIBS),$(or $(LIB_$l),-l$l)) $(CMOCKA_LIBS) $(LIB_glib) $(LDLIBS) -lm

# One helper that builds chosen tests as far as they go and one that runs them: what does not build
# is a failed test, not the end of the run.
J = $(if $(filter --jobserver-auth=% --jobserver-fds=%,$(MAKEFLAGS)),,-j$(JOBS))
SUBMAKE = $(MAKE) --no-print-directory -f '$(SRCDIR)/Makefile'
RUN = $(PYTHON) $Stests/run --source '$(SRCDIR)' --builddir '$B' --jobs $(JOBS)
SAN = BUILDDIR='$B/asan' CFLAGS='-O1 -g -fsanitize=address,undefined -fno-sanitize-recover=all \
    -fno-omit-frame-pointer' LDFLAGS='$(LDFLAGS) -fsanitize=address,undefined'

.PHONY: test-bins unit unit-asan
test-bins: $(addprefix $B/,$(call chosen,$(or $(TESTS),$(TEST_DIRS))))

unit:
	@$(SUBMAKE) $J -k test-bins guests TESTS='$(or $(TESTS),tests/unit)' || true
	@$(RUN) $(call chosen,$(or $(TESTS),tests/unit))

unit-asan:
	@$(SUBMAKE) $J -k $(SAN) test-bins TESTS='$(or $(TESTS),tests/unit)' || true
	@$(RUN) --asan $(call chosen,$(or $(TESTS),tests/unit))

# Under ThreadSanitizer: what threads share, and Debian on four processors. Translated code is not
# seen by it, guest memory is the guest's (core/guest_race.h).
TSAN = BUILDDIR='$B/tsan' CFLAGS='-O1 -g -fsanitize=thread -Wno-tsan -Wno-attributes' LDLIBS=-ldl
TSAN_GLIB = $B/tsan/obj/tests/fake/tsan_glib.o
TSAN_TESTS = tests/cpu/test_smp_fuzz tests/accel/test_vcpu tests/unit/core/test_loop
.PHONY: tsan
tsan:
	@$(SUBMAKE) $(TSAN) '$(TSAN_GLIB)'
	@$(SUBMAKE) $J $(TSAN) LDFLAGS='-fsanitize=thread $(abspath $(TSAN_GLIB))' all \
	    $(TSAN_TESTS:%=$B/tsan/%)
	@set -e; for t in $(TSAN_TESTS); do $B/tsan/$$t; done
	@EMU='$(abspath $B)/tsan/emu' BUILDDIR='$B/tsan' STRESS=futex $(PYTHON) \
	    $Stests/boot/test_linux_stress.py

# --- the targets people use ----------------------------------------------------------------------
.PHONY: fuzz redox-like run-all minimal revirt test test-now test-fast accept lint boot image monitor debug postmortem ui run run-now bench bench-now install clean \
        help packages format format-check
test-fast: unit

# Packages first, then a fresh make, which sees the libraries that were just installed.
test: packages
	@BUILDDIR='$B' $(PYTHON) $Stests/lib/guests.py all
	@$(SUBMAKE) test-now

ASAN_TESTS = tests/unit tests/accel tests/board
test-now:
	@$(SUBMAKE) $J all
	@$(SUBMAKE) $J -k test-bins guests || true
	@$(SUBMAKE) $J -k $(SAN) all test-bins TESTS='$(ASAN_TESTS)' || true
	@$(RUN) --command 'lint=$Stools/lint' \
	    --command 'build with clang=$(SUBMAKE) $J BUILDDIR=$B/clang CC=clang all' \
	    --command 'redox-like=$(SUBMAKE) redox-like' \
	    --command 'build without optional libraries=$(SUBMAKE) minimal' \
	    $(call chosen,$(TEST_DIRS)) --asan $(call chosen,$(ASAN_TESTS)) \
	    --plain --image --fuzz --postmortem --monitor --debug --revirt --ui --boot

# What a build for Redox would be: its imports, its unit tests, a boot sector, revirt on it.
REDOX = $(SUBMAKE) $J OS=redox-like BUILDDIR='$B/redox-like'
REDOX_TESTS = tests/unit/os tests/unit/core tests/unit/backend tests/accel/test_vcpu tests/board
redox-like:
	@$(REDOX) all guests
	@$Stools/redox-symbols '$B/redox-like/emu' '$B/redox-like/revirt-host'
	@$(foreach t,$(REDOX_TESTS),$(REDOX) unit TESTS=$t &&) true
	@$(REDOX) boot TESTS=bootsector
	@$(REDOX) revirt TESTS=fuzz
	@$(if $(ALL),$(REDOX) -k test-bins || true)
	@$(if $(ALL),$(REDOX) run-all)

# By `make redox-like ALL=1`: every test that needs no library left out there.
run-all:
	@$(RUN) $(call chosen,$(TEST_DIRS)) --plain --image --postmortem --monitor --debug --revirt --boot

# Everything optional left out, linked statically.
MINIMAL = $(SUBMAKE) $J BUILDDIR='$B/minimal' LDFLAGS=--static PNG=no ZYDIS=no JANSSON=no SDL2=no \
          VNC=no CURSES=no DW=no KVM=no
minimal:
	@$(MINIMAL) all guests
	@$(MINIMAL) boot TESTS=bootsector

boot image debug monitor postmortem revirt: all guests
	@$(RUN) --$@ --only '$(TESTS)'

ui: all guests
	@$(RUN) --ui --only '$(TESTS)'

# A minute for each fuzzer; FUZZ_SECONDS=3600 for an hour, FUZZ_SEED=N to see one run again.
fuzz: all guests
	@FUZZ_SECONDS=$(or $(FUZZ_SECONDS),60) $(RUN) --fuzz --only '$(TESTS)'

# tests/unit/accel/tcg/listing.txt anew: to be looked at and committed.
accept:
	@$(SUBMAKE) $J $B/tests/unit/accel/tcg/test_listing
	@$B/tests/unit/accel/tcg/test_listing --accept

lint:
	@$Stools/lint
	@$(if $(wildcard $B/redox-like/emu),$Stools/redox-symbols $B/redox-like/emu \
	    $B/redox-like/revirt-host)

packages:
	@$Stools/packages build run $(if $(filter test bench,$(MAKECMDGOALS)),test) \
	    $(if $(filter bench,$(MAKECMDGOALS)),bench)

run: packages
	@$(SUBMAKE) $J all guests
	@$(SUBMAKE) run-now

run-now:
	@BUILDDIR='$B' GUEST='$(GUEST)' $Stools/run-guest

bench: packages
	@$(SUBMAKE) $J all guests
	@$(SUBMAKE) bench-now

bench-now:
	@$(PYTHON) $Sbench/run --source '$(SRCDIR)' --builddir '$B'
	@$(PYTHON) $Sbench/kernels --source '$(SRCDIR)' --builddir '$B'
	@$(PYTHON) $Sbench/programs --source '$(SRCDIR)' --builddir '$B'

install: all
	install -d '$(DESTDIR)$(prefix)/bin' '$(DESTDIR)$(prefix)/share/emu'
	install -m 755 $B/emu '$(DESTDIR)$(prefix)/bin/emu'
	install -m 755 $Stools/emu-test '$(DESTDIR)$(prefix)/bin/emu-test'
	$(if $(LOADED),install -d '$(DESTDIR)$(prefix)/lib/emu')
	$(if $(LOADED),install -m 755 $(MODULE_SOS) '$(DESTDIR)$(prefix)/lib/emu/')
	install -m 755 $B/revirt-host '$(DESTDIR)$(prefix)/bin/revirt-host'
	$(if $(SHARE),install -m 644 $(SHARE) '$(DESTDIR)$(prefix)/share/emu/')
	$(foreach n,$(QEMU_NAMES),ln -sf emu '$(DESTDIR)$(prefix)/bin/$n';)

FORMATTED = $(shell cd '$(SRCDIR)' && git ls-files '*.c' '*.h' 2>/dev/null)
format-check:
	@cd '$(SRCDIR)' && clang-format --dry-run -Werror $(FORMATTED)

format:
	@cd '$(SRCDIR)' && clang-format -i $(FORMATTED)

clean:
	rm -rf '$B'

help:
	@echo 'make              build $B/emu'
	@echo 'make run          boot the demonstration guest (GUEST=linux: Debian with a shell)'
	@echo 'make test         every test, on this machine, with Debian guests (about half an hour)'
	@echo 'make test-fast    unit tests only'
	@echo 'make unit TESTS=tests/unit/hw     build and run the tests under one path'
	@echo 'make unit-asan TESTS=...          the same with address and UB sanitizers'
	@echo 'make boot TESTS=linux             boot tests whose name contains the word'
	@echo 'make image        the command line against bad input'
	@echo 'make monitor      HMP and QMP'
	@echo 'make fuzz         each fuzzer for a minute'
	@echo 'make debug        gdb, logs and what else explains a guest'
	@echo 'make ui           the window on a virtual X server'
	@echo 'make lint         layering and style rules'
	@echo 'make tsan         threads under ThreadSanitizer, with gcc'
	@echo 'make bench        start, boot and programs beside QEMU, Bochs and the host'
	@echo 'make install      to DESTDIR and prefix ($(prefix))'
	@echo 'make packages     install the Debian packages that are missing'
	@echo 'make format-check, make format, make clean'
	@echo 'MODULES=builtin    link the heavy libraries into emu instead of loading them on first use'
	@echo 'Variables: BUILDDIR CC CFLAGS CPPFLAGS LDFLAGS LDLIBS PKG_CONFIG prefix DESTDIR OS JOBS V=1'
	@echo 'Optional libraries found: $(HAVE); leave one out with PNG=no, ZYDIS=no ...'
