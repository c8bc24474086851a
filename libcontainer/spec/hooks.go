package spec

import "github.com/opencontainers/runtime-spec/specs-go"

// hooks: all six lists have the same entries. prestart is deprecated, but
// engines still write it.
func (k *checker) hooks(h *specs.Hooks) {
	if h == nil {
		return
	}
	k.hookList("hooks.prestart", h.Prestart) //nolint:staticcheck // deprecated, and in use
	k.hookList("hooks.createRuntime", h.CreateRuntime)
	k.hookList("hooks.createContainer", h.CreateContainer)
	k.hookList("hooks.startContainer", h.StartContainer)
	k.hookList("hooks.poststart", h.Poststart)
	k.hookList("hooks.poststop", h.Poststop)
}

func (k *checker) hookList(field string, hooks []specs.Hook) {
	for i, h := range hooks {
		if h.Path == "" {
			k.fail(member(field, i, ".path"), "is missing, want the absolute path of a program")
		} else if h.Path[0] != '/' {
			k.fail(member(field, i, ".path"), "got %q, want an absolute path", h.Path)
		}
		if h.Timeout != nil && *h.Timeout <= 0 {
			k.fail(member(field, i, ".timeout"), "got %d, want a number of seconds greater than 0", *h.Timeout)
		}
		for j, e := range h.Env {
			if problem := envProblem(e); problem != "" {
				k.fail(member(field, i, member(".env", j, "")), "got %q %s, want NAME=value", excerpt(e, 60), problem)
			}
		}
	}
}
