# Names what can be done; how is in scripts/.

DESTDIR =
PREFIX = /usr/local
BINDIR = $(PREFIX)/bin
MANDIR = $(PREFIX)/share/man
BASHDIR = $(PREFIX)/share/bash-completion/completions
ZSHDIR = $(PREFIX)/share/zsh/site-functions
FISHDIR = $(PREFIX)/share/fish/vendor_completions.d

.PHONY: all build demo test test-attacks test-engines test-vm test-arm64 vm-shell check bench bench-vm fuzz install clean

all: build

# The static binary rt. Needs Go, a C compiler and libseccomp's headers and archive.
build:
	scripts/build.sh

# Installs what is missing, builds, and runs a command in a container.
demo:
	scripts/demo.sh

# Installs what is missing and runs every test. Needs root.
test:
	scripts/install-build-deps.sh
	scripts/install-test-deps.sh
	$(MAKE) --no-print-directory check build
	scripts/test-faults.sh
	scripts/test-attacks.sh
	scripts/test-integration.sh

# Attacks containers while they are made. Needs root.
test-attacks: build
	scripts/test-attacks.sh

# Docker, containerd, Podman and buildah on rt, and on the runtime they come with; with
# NEWER=1 newer ones than Debian's, BuildKit and Kubernetes' critest, built from modules.
test-engines: export RT_ENGINES_NEWER = $(NEWER)
test-engines:
	scripts/install-build-deps.sh
	scripts/install-engine-deps.sh
	$(MAKE) --no-print-directory build
	scripts/test-engines.sh

# What differs by host, in guests with other kernels, cgroups and security modules;
# with RUNTIME=runc the same on Debian's runc, the reference.
test-vm: build
	tests/vm/matrix

# rt for arm64, in an emulated guest.
test-arm64:
	scripts/test-arm64.sh

# A shell in a guest with cgroup v2, on this terminal: ROW=v2-systemd for another one,
# ARGS=--user for a shell as an unprivileged user. See tests/vm/run --help.
ROW = v2
vm-shell: build
	tests/vm/run --row $(ROW) $(ARGS)

# Formatting, static checks and unit tests. Needs no root and no container.
check:
	scripts/check.sh

# Measures rt, and crun and runc next to it: writes docs/benchmarks.md and its charts.
bench: build
	scripts/bench.sh

# The same in guests with cgroup v2, systemd, and v1, reduced: writes a section of it.
bench-vm: build
	scripts/bench.sh guests

# Fuzzes the decoders.
fuzz:
	scripts/fuzz.sh

install: build
	install -d $(DESTDIR)$(BINDIR)
	scripts/copy-program.sh rt $(DESTDIR)$(BINDIR)/rt
	install -d $(DESTDIR)$(MANDIR)/man8
	install -m 0644 docs/man/*.8 $(DESTDIR)$(MANDIR)/man8
	install -D -m 0644 contrib/completions/rt.bash $(DESTDIR)$(BASHDIR)/rt
	install -D -m 0644 contrib/completions/_rt $(DESTDIR)$(ZSHDIR)/_rt
	install -D -m 0644 contrib/completions/rt.fish $(DESTDIR)$(FISHDIR)/rt.fish

clean:
	rm -f rt rt-arm64 rt-faults nsenter/*.bin libcontainer/seccomp/*.bin libcontainer/seccomp/*.id
	rm -rf tests/bench/bin
